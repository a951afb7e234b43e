"""The way out: gateways pull messages, say what became of them, and bring the answers."""
