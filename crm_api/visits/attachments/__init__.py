"""Photos, signatures and documents that hang on visits."""
