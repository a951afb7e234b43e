"""Who looks after the portfolio of a colleague who is away (代班)."""
