"""Feeds: what each account manager's phones are to know, numbered as it happened."""
