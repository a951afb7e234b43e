"""Templates and messages, made without ceremony."""

from __future__ import annotations

import itertools

from crm_api.care import service
from crm_api.care.models import CareTemplate
from crm_api.care.terms import Occasion
from crm_api.customers.terms import Category
from crm_api.kit import clock
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff

_numbers = itertools.count(1)
BIRTHDAY = "【演示通信】{salutation}，祝您生日快乐，万事顺意！拒收请回复R"
WORDS = {
    Occasion.BIRTHDAY: "祝您生日快乐",
    Occasion.ANNIVERSARY: "{anniversary}到了，祝您幸福",
    Occasion.FESTIVAL: "{festival}将至，祝您阖家安康",
}


def make_template(
    occasion: Occasion = Occasion.BIRTHDAY,
    festival_key: str | None = None,
    *,
    is_approved: bool = True,
    **changes,
) -> CareTemplate:
    """Make a template; unless told otherwise, a second person has approved it."""
    number = next(_numbers)
    author = changes.pop("by", None) or make_staff()
    content = {
        "name": f"Template {number}",
        "occasion": occasion,
        "festival_key": festival_key,
        "category": Category.CARE,
        "text": f"【演示通信】{{salutation}}，{WORDS[occasion]}（{number}）。拒收请回复R",
        **changes,
    }
    with transaction():
        template = service.create_template(**content, by=author, now=clock.now())
    if is_approved:
        approver = make_staff()
        with transaction():
            service.submit_version(template.id, 1, by=author, now=clock.now())
        with transaction():
            service.approve_version(template.id, 1, by=approver, now=clock.now())
    return template
