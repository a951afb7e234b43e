"""A weekday morning, and products that pull."""

import pytest

from crm_api.accounts.models import Role
from tests.care_compat.products import Kannel, Phone
from tests.care_gateway.conftest import gateway, now, other_gateway
from tests.factories.accounts import make_staff

__all__ = ["gateway", "now", "other_gateway"]


@pytest.fixture
def kannel(app, now):
    return Kannel(app)


@pytest.fixture
def other_kannel(app, now):
    return Kannel(app)


@pytest.fixture
def administrator(now, sign_in):
    return sign_in(make_staff(Role.ADMIN))


@pytest.fixture
def phone(app, administrator):
    return Phone(app, administrator, name="phone")


@pytest.fixture
def other_phone(app, administrator):
    return Phone(app, administrator, name="other phone")
