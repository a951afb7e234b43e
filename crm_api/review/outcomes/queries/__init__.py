"""What may be asked about the outcomes of care, in numbers."""

from crm_api.review.outcomes.queries import outcomes, refusals
from crm_api.review.outcomes.queries.outcomes import count_outcomes
from crm_api.review.outcomes.queries.refusals import count_refusals, list_refusals

__all__ = ["count_outcomes", "count_refusals", "list_refusals", "outcomes", "refusals"]
