"""Pure rules of what is worth saying before a visit."""
