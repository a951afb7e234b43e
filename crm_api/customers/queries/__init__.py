"""What may be asked about customers."""

from crm_api.customers.queries.access import get_customer, limit_to
from crm_api.customers.queries.facts import governed_facts, same_person_ids

__all__ = ["get_customer", "governed_facts", "limit_to", "same_person_ids"]
