"""What happened between us and a customer: kept for good, corrected only by a further entry."""
