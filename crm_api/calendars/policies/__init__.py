"""Pure rules over days."""
