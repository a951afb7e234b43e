"""What people read at the desk."""
