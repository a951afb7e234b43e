"""The tables of a visit."""

from crm_api.visits.calendar.models import CalendarFeed
from crm_api.visits.models.parts import VisitNote, VisitObjective, VisitPerson, VisitStep
from crm_api.visits.models.records import FollowUp, LearnedFact, Promise, VisitRecord
from crm_api.visits.models.visit import Visit

__all__ = [
    "CalendarFeed",
    "FollowUp",
    "LearnedFact",
    "Promise",
    "Visit",
    "VisitNote",
    "VisitObjective",
    "VisitPerson",
    "VisitRecord",
    "VisitStep",
]
