"""A list costs the same statements whether it shows one row or twenty."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Cover, Scope
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_client, make_staff, make_team, make_token


def more(admin):
    make_staff(team=make_team())
    make_client(Scope.GATEWAY)
    make_token(admin)
    with transaction():
        db.session.add(
            Cover(
                absent_id=make_staff().id,
                stand_in_id=admin.id,
                starts_at=clock.now(),
                ends_at=clock.now() + timedelta(days=1),
                reason="x",
                by_id=admin.id,
                created_at=clock.now(),
            )
        )


@pytest.mark.parametrize(
    "path",
    ["/v1/staff", "/v1/teams", "/v1/clients", "/v1/sessions", "/v1/audit-entries", "/v1/covers"],
)
def test_statements_do_not_grow_with_rows(as_admin, admin, path):
    def statements():
        seen = []

        def note(_connection, _cursor, statement, *_):
            seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        assert as_admin.get(path).status_code == 200
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    few = statements()
    for _ in range(20):
        more(admin)

    assert statements() == few
