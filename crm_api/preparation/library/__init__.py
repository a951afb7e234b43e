"""What is said at the door (话术): proposed by staff, approved by a second person."""
