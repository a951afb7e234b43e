"""What is kept of a customer, and who asked for it to be erased."""
