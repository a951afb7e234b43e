"""Rules of work on many customers."""
