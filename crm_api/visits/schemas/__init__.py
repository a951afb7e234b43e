"""The contracts of visits."""
