"""Dates that look like no real ones: not greeted, but listed for whoever can ask."""
