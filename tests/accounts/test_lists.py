"""A list costs the same statements whether it shows one row or twenty."""

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Scope
from crm_api.kit.db import db
from tests.factories.accounts import make_client, make_staff, make_team, make_token


def more(admin):
    make_staff(team=make_team())
    make_client(Scope.GATEWAY)
    make_token(admin)


@pytest.mark.parametrize(
    "path", ["/v1/staff", "/v1/teams", "/v1/clients", "/v1/sessions", "/v1/audit-entries"]
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
