"""What all may learn from a visit: case cards and shared retrospectives, without personal data."""
