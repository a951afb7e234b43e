"""Who belongs with whom around a customer (关系网)."""
