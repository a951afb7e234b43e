"""What the governor reads."""
