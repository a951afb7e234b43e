"""What phones sent and the server would not take: kept, shown, and settled with a word."""
