from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from tests.factories.accounts import give_password, make_staff


@pytest.fixture
def person(app):
    """Somebody with a password."""
    return make_staff()


@pytest.fixture
def login(person):
    return give_password(person)


@pytest.fixture
def admin(app):
    return make_staff(Role.ADMIN)


@pytest.fixture
def as_admin(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def acts(app):
    """What the audit trail tells: `acts("signed_in")` gives the entries of that name."""

    def read(action):
        found = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)).all()
        db.session.rollback()
        return found

    return read
