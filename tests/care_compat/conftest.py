"""A weekday morning, and products that pull."""

import pytest

from tests.care_compat.products import Kannel
from tests.care_gateway.conftest import gateway, now, other_gateway

__all__ = ["gateway", "now", "other_gateway"]


@pytest.fixture
def kannel(app, now):
    return Kannel(app)


@pytest.fixture
def other_kannel(app, now):
    return Kannel(app)
