"""What a team needs for its morning meeting: the day ahead, and what yesterday taught."""
