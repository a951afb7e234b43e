"""Rules of the contract, over plain values."""
