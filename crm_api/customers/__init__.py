"""Who the customers are: core and extended profile, relations, ownership."""
