"""What became of care: the numbers, by whatever tells them apart."""
