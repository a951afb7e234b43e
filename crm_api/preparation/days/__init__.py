"""An account manager's days: whom to visit, in which order, and what stands in the diary."""
