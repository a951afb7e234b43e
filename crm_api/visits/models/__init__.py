"""The tables of a visit."""

from crm_api.visits.attachments.models import VisitAttachment
from crm_api.visits.calendar.models import CalendarFeed
from crm_api.visits.models.parts import VisitNote, VisitObjective, VisitPerson, VisitStep
from crm_api.visits.models.records import FollowUp, LearnedFact, VisitRecord
from crm_api.visits.models.visit import Visit
from crm_api.visits.promises.models import Promise, PromiseChange

__all__ = [
    "CalendarFeed",
    "FollowUp",
    "LearnedFact",
    "Promise",
    "PromiseChange",
    "Visit",
    "VisitAttachment",
    "VisitNote",
    "VisitObjective",
    "VisitPerson",
    "VisitRecord",
    "VisitStep",
]
