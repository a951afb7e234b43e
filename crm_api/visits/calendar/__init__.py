"""Visits in people's own calendars: a file for one, and a private feed for a portfolio."""
