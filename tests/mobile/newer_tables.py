"""What phones will know in the next version of their schema, for the sake of a test."""

LEARNT = ["promises", "profiles.employer"]
