"""Reads in the driver's own rows mean what SQLAlchemy's mean."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.models import Role, Staff
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, fixed
from tests.factories.accounts import make_staff


def test_columns_are_read_as_their_types_say(app):
    staff = make_staff(Role.MANAGER)
    columns = (Staff.created_at, Staff.role, (Staff.version == 1).label("is_new"))
    named = sa.select(*columns).where(Staff.id == sa.bindparam("staff_id"))

    rows = StraightRead(named).rows(staff_id=staff.id)

    assert [tuple(row) for row in rows] == db.session.execute(named, {"staff_id": staff.id}).all()
    assert rows[0][1:] == [Role.MANAGER, True]


def test_it_may_be_asked_again_for_others(app):
    read = StraightRead(
        sa.select(Staff.id)
        .where(Staff.id == sa.bindparam("staff_id"), Staff.role == fixed(Role.MANAGER, Staff.role))
        .limit(fixed(5))
    )
    first, second, stranger = make_staff(Role.MANAGER), make_staff(Role.MANAGER), make_staff()

    found = [read.rows(staff_id=staff.id) for staff in (first, second, stranger)]

    assert [[row[0] for row in rows] for rows in found] == [[first.id], [second.id], []]


def test_what_the_driver_refuses_is_raised_as_everywhere(app):
    with pytest.raises(DBAPIError, match="nowhere"):
        StraightRead(sa.select(sa.column("id")).select_from(sa.table("nowhere"))).rows()


def test_what_one_asked_never_answers_another(app):
    read = StraightRead(sa.select(Staff.id).where(Staff.id == sa.bindparam("staff_id")))
    read.rows(staff_id=make_staff().id)

    with pytest.raises((KeyError, DBAPIError)):
        read.rows()
