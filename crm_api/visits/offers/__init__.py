"""Offers with their answers, opportunities with their ends."""
