"""Which greetings a customer wants, and what is planned against such a wish."""
