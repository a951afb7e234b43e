"""The rules of a visit, over plain values."""
