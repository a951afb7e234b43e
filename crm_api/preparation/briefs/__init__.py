"""The brief before a visit: composed from all that is known, frozen, compared, acknowledged."""
