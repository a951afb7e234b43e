"""What the products' words mean, over plain values."""
