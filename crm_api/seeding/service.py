"""Load what `seeds/` holds. What is there already stays as it is: a repeat changes nothing."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts import passwords
from crm_api.accounts import service as accounts
from crm_api.accounts.actors import Actor
from crm_api.accounts.models import Credentials, Role, Staff, Team
from crm_api.calendars import service as calendars
from crm_api.calendars.terms import Calendar
from crm_api.care.models import CareTemplate, CareTemplateVersion, ForbiddenWord
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.care.wording import service as wording
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers import service as customers
from crm_api.customers.models import Customer
from crm_api.customers.places import service as places
from crm_api.customers.terms import (
    AnniversaryKind,
    Category,
    CommunicationStyle,
    Gender,
    Influence,
    Kind,
    LifeEventKind,
    RelationKind,
    Tier,
)
from crm_api.kit.db import db
from crm_api.seeding.errors import NoDemoInProduction

if TYPE_CHECKING:
    from datetime import date, datetime

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
OPT_OUT = "拒收请回复R"
# Nobody's session: the words come with the product, and a person of the organisation approves them.
PRODUCT = Actor(
    id="product", name="The product's own seeds", role=Role.ADMIN, team_id="", team_path="/"
)


def load_policies(*, now: datetime) -> int:
    """Put the default contact policies in force where there are none; return how many are new."""
    return contact_frequency.ensure_default_policies(now=now)


def load_templates(*, now: datetime) -> int:
    """Offer the reference templates for approval; return how many are new."""
    known = set(db.session.scalars(sa.select(CareTemplate.id)))
    fresh = [
        t for t in read_seeds("reference/care_templates.toml")["template"] if t["id"] not in known
    ]
    for template in fresh:
        wording.create_template(
            id=template["id"],
            name=template["name"],
            occasion=Occasion(template["occasion"]),
            festival_key=template.get("festival_key"),
            also_occasion=_occasion(template.get("also_occasion")),
            also_festival_key=template.get("also_festival_key"),
            tiers=[Tier(tier) for tier in template.get("tiers", ())] or None,
            styles=[CommunicationStyle(style) for style in template.get("styles", ())] or None,
            category=Category.CARE,
            text=f"【{config.current().sms_signature}】{template['text']}{OPT_OUT}",
            by=PRODUCT,
            now=now,
        )
        wording.submit_version(template["id"], 1, by=PRODUCT, now=now)
    return len(fresh)


def _occasion(given: str | None) -> Occasion | None:
    return None if given is None else Occasion(given)


def load_forbidden_words(*, now: datetime) -> int:
    """Put the reference words on an empty list; return how many are new.

    What an administrator took off stays off.
    """
    groups = read_seeds("reference/forbidden_words.toml")["words"]
    given = [(word, group["reason"]) for group in groups for word in group["list"]]
    if db.session.scalar(sa.select(ForbiddenWord.id).limit(1)) is not None:
        return 0
    for word, reason in given:
        wording.forbid_word(word=word, reason=reason, by=PRODUCT, now=now)
    return len(given)


def load_demo_people(*, now: datetime) -> int:
    """Set up the demo teams and their staff; return how many are new.

    :raises NoDemoInProduction: where real customers are served
    """
    if config.current().is_production:
        raise NoDemoInProduction
    district = read_seeds("demo/district.toml")
    for team in district["team"]:
        if db.session.get(Team, team["id"]) is None:
            accounts.create_team(**{"parent_id": None, **team}, by_id=None, now=now)
    fresh = [s for s in district["staff"] if db.session.get(Staff, s["id"]) is None]
    for person in fresh:
        accounts.create_staff(**{**person, "role": Role(person["role"])}, by_id=None, now=now)
    return len(fresh)


def load_demo_passwords(*, now: datetime) -> None:
    """Give the demo staff the password that the README names, where they have none."""
    district = read_seeds("demo/district.toml")
    known = set(db.session.scalars(sa.select(Credentials.staff_id)))
    missing = [s["id"] for s in district["staff"] if s["id"] not in known]
    if missing:
        password_hash = passwords.hash_password(district["password"])
        for staff_id in missing:
            accounts.give_password(staff_id, password_hash=password_hash, now=now)


def demo_sign_ins() -> tuple[list[str], str]:
    """Return the logins of the demo staff, and the password that they share."""
    district = read_seeds("demo/district.toml")
    return [person["login"] for person in district["staff"]], district["password"]


def approve_templates_for_demo(*, now: datetime) -> int:
    """Let the demo manager approve what the product brought; return how many."""
    waiting = db.session.scalars(
        sa.select(CareTemplateVersion.template_id).where(
            CareTemplateVersion.status == TemplateStatus.SUBMITTED,
            CareTemplateVersion.drafted_by_id == PRODUCT.id,
            CareTemplateVersion.number == 1,
        )
    ).all()
    for template_id in waiting:
        wording.approve_version(template_id, 1, by=actor_of("demo-manager"), now=now)
    return len(waiting)


def load_demo_customers(*, now: datetime) -> int:
    """Make the demo customers, with birthdays in the days to come; return how many are new."""
    today = calendars.local_day(now)
    wanted = read_seeds("demo/district.toml")["customer"]
    fresh = [c for c in wanted if db.session.get(Customer, c["id"]) is None]
    for content in fresh:
        _make_customer(content, today=today, now=now)
    return len(fresh)


def _make_customer(content: dict[str, Any], *, today: date, now: datetime) -> None:
    owner = actor_of(content["owner_id"])
    plain = ("id", "name", "owner_id", "account_no", "plan_name", "plan_monthly_fen", "joined_on")
    core = {name: content[name] for name in plain if name in content}
    core["kind"] = Kind(content.get("kind", "individual"))
    core["gender"] = Gender(content.get("gender", "unknown"))
    if "phone" in content:
        core["phones"] = [{"number": content["phone"], "label": ""}]
    if "born_in" in content:
        core["birth_on"] = _earlier(today, content["birthday_in_days"], content["born_in"])
    customer = customers.create_customer(core, by=owner, now=now)
    _extend(customer, content, owner=owner, today=today, now=now)
    for event in content.get("life_events", ()):
        news = {"kind": LifeEventKind(event["kind"]), "label": event["label"]}
        news["happened_on"] = today + timedelta(days=event["in_days"])
        customers.note_life_event(customer.id, content=news, by=owner, now=now)


def _extend(
    customer: Customer, content: dict[str, Any], *, owner: Actor, today: date, now: datetime
) -> None:
    if "interests" in content:
        style = content.get("communication_style")
        changes = {
            "interests": content["interests"],
            "communication_style": CommunicationStyle(style) if style else None,
        }
        profile = customers.get_extended_profile(customer.id, visible_to=owner, now=now)
        customers.change_extended_profile(
            customer.id, changes=changes, expected_version=profile.version, by=owner, now=now
        )
    if "wedding_in_days" in content:
        wedding = _earlier(today, content["wedding_in_days"], 2005)
        day = {"calendar": Calendar.SOLAR, "year": 2005, "month": wedding.month, "day": wedding.day}
        entry = {"kind": AnniversaryKind.WEDDING, "label": "结婚纪念日", **day}
        customers.add_anniversary(customer.id, content=entry, by=owner, now=now)
    if "place" in content:
        places.add_place(customer.id, dict(content["place"]), by=owner, now=now)
    if content.get("leave_alone"):
        wish = {"channels": ["call"], "categories": None, "note": "演示：不接电话"}
        customers.note_wish(customer.id, content=wish, by=owner, now=now)
    if "key_person_of" in content:
        role = {"role": "采购负责人", "influence": Influence.GREAT}
        link = {"kind": RelationKind.KEY_PERSON, "other_id": customer.id, **role}
        customers.link_customers(content["key_person_of"], content=link, by=owner, now=now)


def _earlier(today: date, days: int, year: int) -> date:
    """Return the day some days ahead, in a year long past; never the 29th of February."""
    ahead = today + timedelta(days=days)
    return ahead.replace(year=year, day=min(ahead.day, 28) if ahead.month == 2 else ahead.day)  # noqa: PLR2004


def actor_of(staff_id: str) -> Actor:
    """Return a member of the demo staff at work."""
    row = db.session.execute(
        sa.select(Staff.name, Staff.role, Staff.team_id, Team.path)
        .join(Team, Team.id == Staff.team_id)
        .where(Staff.id == staff_id)
    ).one()
    return Actor(id=staff_id, name=row.name, role=row.role, team_id=row.team_id, team_path=row.path)


@cache
def read_seeds(name: str) -> dict[str, Any]:
    """Return what a file of `seeds/` holds."""
    return tomllib.loads((SEEDS / name).read_text(encoding="utf-8"))
