"""Pure rules of the governor: no database, no clock, no web."""
