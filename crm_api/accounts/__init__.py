"""Staff, teams, sign-in, machine clients, and who may see what."""
