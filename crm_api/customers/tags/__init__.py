"""Tags (标签): a team's own words for its customers."""
