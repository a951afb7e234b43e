"""A weekday morning with the shipped policies, and gateways that pull."""

import pytest

from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import MORNING, Gateway


@pytest.fixture
def now(app, at):
    """Set the clock to a Monday morning, with the policies in force."""
    moment = at(MORNING)
    with transaction():
        contact_frequency.ensure_default_policies(now=moment)
    return moment


@pytest.fixture
def gateway(app, now):
    return Gateway(app)


@pytest.fixture
def other_gateway(app, now):
    return Gateway(app)
