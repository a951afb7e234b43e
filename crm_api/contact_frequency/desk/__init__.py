"""The policy desk: a change is drafted, simulated, and approved by a second person."""
