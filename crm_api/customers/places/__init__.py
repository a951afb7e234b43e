"""Where a customer is met: addresses, and where they lie on the map."""
