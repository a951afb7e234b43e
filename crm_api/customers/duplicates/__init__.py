"""Customers who may be one: found on creation and every night, dismissed for good or merged."""
