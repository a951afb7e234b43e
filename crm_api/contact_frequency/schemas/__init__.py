"""The governor's contracts."""
