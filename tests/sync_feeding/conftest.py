"""A team whose phones read, and a world in which they work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.support.feeds import follow


@pytest.fixture
def now(at, moment):
    keep_default_policies(moment - timedelta(days=30))
    return at(moment)


@pytest.fixture
def team(app, now):
    return make_team()


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def owner(team):
    owner = make_staff(team=team, login="owner1")
    follow(owner)
    return owner


@pytest.fixture
def colleague(team):
    colleague = make_staff(team=team)
    follow(colleague)
    return colleague


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)
