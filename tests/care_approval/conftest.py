"""A Monday morning, a province with two cities, and a gateway that pulls."""

from dataclasses import dataclass

import pytest

from crm_api.accounts.models import Role
from tests.care_gateway.conftest import gateway, now  # noqa: F401 - fixtures
from tests.care_gateway.factories import MORNING, make_message
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

TODAY = MORNING.date()


@dataclass
class District:
    """Who leads what, and one customer's message of today in each city."""

    province: object
    cities: list
    chief: object
    leaders: list
    messages: list


@pytest.fixture
def district(app, now):  # noqa: F811
    province = make_team()
    cities = [make_team(parent=province) for _ in range(2)]
    customers = [make_customer(make_staff(team=city)) for city in cities]
    return District(
        province=province,
        cities=cities,
        chief=make_staff(Role.MANAGER, province),
        leaders=[make_staff(Role.MANAGER, city) for city in cities],
        messages=[make_message(customer) for customer in customers],
    )


@pytest.fixture
def rule(sign_in):
    """Rule about a day: `rule(manager, occasion="birthday")`."""

    def rule(manager, *, kind="hold", on=TODAY, **named):
        own = {} if "message_id" in named else {"team_id": manager.team_id}
        body = {"kind": kind, "reason": "文字有误", **own, **named}
        return sign_in(manager).post(f"/v1/care-days/{on}/rulings", json=body)

    return rule


@pytest.fixture
def lift(sign_in):
    """Lift a ruling, as a manager."""

    def lift(manager, ruling, *, reason="已核对"):
        path = f"/v1/care-rulings/{ruling['id']}/lift"
        return sign_in(manager).put(path, json={"reason": reason})

    return lift
