"""Tables as the models say, on both engines; and every route has its guard."""

import sqlalchemy as sa
from flask import g

from crm_api.accounts import queries
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team

PUBLIC = {
    "health.show_health",
    "health.show_readiness",
    "metrics.show_metrics",
    "api-docs.openapi_json",
    "docs.show_documents",
    "docs.static",
    "static",
}


def test_every_route_has_its_guard(app):
    unguarded = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "guard", None)
    }

    assert unguarded <= PUBLIC


def test_a_subtree_is_a_team_and_all_beneath_it(app):
    root = make_team(id="north_1")
    city = make_team(parent=root)
    make_team(id="northx1")

    found = db.session.scalars(queries.subtree_team_ids(root.path)).all()

    assert set(found) == {root.id, city.id}
    db.session.rollback()


def test_the_guard_finds_the_actor_in_one_statement(app, sign_in):
    manager = make_staff(Role.MANAGER)
    token = sign_in(manager).token
    statements = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))

    with app.test_request_context(headers={"Authorization": f"Bearer {token}"}):
        found = requires(Role.MANAGER)(current_actor)()
        assert g.actor_id == manager.id
        db.session.rollback()

    assert (found.id, found.team_path) == (manager.id, manager.team_path)
    assert [s.split()[0] for s in statements if not s.startswith("BEGIN")] == ["SELECT"]
