"""Dates that look like no real ones, until somebody asked."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.calendars.terms import Calendar
from crm_api.care.models import ALL_OTHERS, BirthdayCheck
from crm_api.care.policies.birthdays import PLACEHOLDER_DATES
from crm_api.customers.models import Anniversary, Customer
from crm_api.customers.terms import AnniversaryKind

IS_PLACEHOLDER = sa.tuple_(Anniversary.year, Anniversary.month, Anniversary.day).in_(
    sorted(PLACEHOLDER_DATES)
)
# What a customer stated was heard from a person; what the document says may come from a system.
IS_ONE_OF_A_MASS = sa.and_(
    Anniversary.calendar == Calendar.SOLAR,
    Anniversary.month == 1,
    Anniversary.day == 1,
    Anniversary.kind == AnniversaryKind.BIRTHDAY,
    Anniversary.is_stated.is_(False),
    sa.exists().where(
        BirthdayCheck.team_id.in_([Customer.team_id, ALL_OTHERS]), BirthdayCheck.is_mass
    ),
)
IS_DOUBTFUL = sa.and_(Anniversary.confirmed_at.is_(None), sa.or_(IS_PLACEHOLDER, IS_ONE_OF_A_MASS))
