from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer

TUESDAY_TEN = datetime(2026, 3, 3, 2, tzinfo=UTC)  # 10:00 in Shanghai


@pytest.fixture
def now(app, at):
    """Tuesday, 3 March 2026, 10:00 in Shanghai, under the policies we ship."""
    keep_default_policies(TUESDAY_TEN - timedelta(days=365))
    return at(TUESDAY_TEN)


@pytest.fixture
def customer(now):
    """A customer of standard tier."""
    return make_customer()
