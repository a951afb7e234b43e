"""What whoever takes customers over should know of them."""
