"""Work on many customers at once: edits and exports, done in chunks that can be watched."""
