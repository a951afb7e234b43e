"""What managers ask about the work of their teams."""
