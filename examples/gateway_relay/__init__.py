"""A gateway host: pulls messages from the CRM and submits each to a message centre, once."""
