"""How often a customer of each tier should hear from us: what is due, overdue, or too soon."""
