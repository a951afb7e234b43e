"""What is masked, and who had it shown."""
