"""Pure rules of what may be written."""
