"""The tables of a visit."""

from crm_api.visits.attachments.models import VisitAttachment
from crm_api.visits.calendar.models import CalendarFeed
from crm_api.visits.cases.models import CaseCard
from crm_api.visits.models.parts import (
    VisitColleague,
    VisitNote,
    VisitObjective,
    VisitPerson,
    VisitStep,
)
from crm_api.visits.models.records import FollowUp, LearnedFact, UndoneFact, VisitRecord
from crm_api.visits.models.visit import Visit
from crm_api.visits.offers.models import Offer, Opportunity
from crm_api.visits.promises.models import Promise, PromiseChange

__all__ = [
    "CalendarFeed",
    "CaseCard",
    "FollowUp",
    "LearnedFact",
    "Offer",
    "Opportunity",
    "Promise",
    "PromiseChange",
    "UndoneFact",
    "Visit",
    "VisitAttachment",
    "VisitColleague",
    "VisitNote",
    "VisitObjective",
    "VisitPerson",
    "VisitRecord",
    "VisitStep",
]
