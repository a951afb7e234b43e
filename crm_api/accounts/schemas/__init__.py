"""What accounts take and give, a module for each feature."""
