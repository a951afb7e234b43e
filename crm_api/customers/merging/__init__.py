"""Two records of one customer become one; what may still name the other is told where it went."""
