"""What we said we would do (承诺): made, moved, kept; told to the manager when late."""
