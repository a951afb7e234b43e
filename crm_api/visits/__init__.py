"""Visits (上门走访): planned, agreed, made, recorded; each holds a slot and becomes one contact."""
