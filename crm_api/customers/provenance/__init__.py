"""Who told us what stands in a profile, when and how."""
