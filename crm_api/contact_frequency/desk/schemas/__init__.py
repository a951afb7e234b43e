"""Bodies and answers of the policy desk."""
