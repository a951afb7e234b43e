"""What is kept of customers, table by table, and what is left of it after an erasure."""
