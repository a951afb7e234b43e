"""Rules about customers, over plain values."""
