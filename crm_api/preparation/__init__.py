"""The brief before a visit: composed from all that is known, frozen once it is read."""
