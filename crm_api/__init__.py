"""The field-visit CRM mobile backend."""
