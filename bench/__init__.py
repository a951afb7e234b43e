"""Measures the hot paths as ratios against a baseline in the same run."""
