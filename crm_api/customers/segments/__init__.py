"""Segments (客群): filters over customers, saved under a name that other parts may use."""
