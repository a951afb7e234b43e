"""The contract of customers."""
