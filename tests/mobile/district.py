"""A small district: the real server, people, their customers and their phones."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.app import create_app
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from tests.factories.accounts import make_staff, make_team, make_token
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.mobile.phones import Node, Phone
from tests.support import databases, nearby
from tests.support.callers import Caller
from tests.support.feeds import assert_feeds_true
from tests.support.server import Server, zone_where_it_is_late_morning

HOUR = 3_600_000
DAY = 24 * HOUR


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class District:
    """Everything that a test of phones needs, on one database."""

    def __init__(self, database_url: str, folder, *, app: str = "wsgi:app") -> None:
        self.database_url, self.folder = database_url, folder
        zone = zone_where_it_is_late_morning()
        environment = {"CRM_TIME_ZONE": zone, "CRM_SYNCS_PER_MINUTE": "1000000"}
        self._settings = databases.settings_for(database_url, zone=ZoneInfo(zone))
        self._numbers = itertools.count(1)
        self.app = create_app(self._settings)
        self.server = Server(database_url, app=app, **environment).start()
        self.node = Node()
        with self.inside():
            keep_default_policies(clock.now() - timedelta(days=30))
            self.team = make_team()
            self.lead = make_staff(Role.MANAGER, self.team)
            self.admin = make_staff(Role.ADMIN, self.team)

    def close(self) -> None:
        self.node.kill()
        self.server.kill()
        self.server.stop()
        self.dispose()

    def dispose(self) -> None:
        with self.app.app_context():
            db.engine.dispose()

    @contextmanager
    def inside(self):
        """Do as the product does, in this process."""
        config.configure(self._settings)
        with self.app.app_context():
            yield
            db.session.remove()

    def manager(self, customers: int = 0, ids=None):
        """Return a new account manager with the ids of new customers."""
        ids = ids or iter(new_id, None)
        with self.inside():
            actor = make_staff(team=self.team)
            return actor, [make_customer(actor, id=next(ids)).id for _ in range(customers)]

    def online(self, actor) -> Online:
        with self.inside():
            return Online(self, Caller(self.app.test_client(), make_token(actor)))

    def phone(self, actor, **options) -> Phone:
        """Give somebody a new phone, signed in, that has synced nothing yet."""
        device_id = f"phone-{next(self._numbers)}"
        with self.inside():
            token = make_token(actor, device_id=device_id)
        path = self.folder / f"{device_id}.json"
        phone = Phone(self.node, actor, path, self.server.url, token, device_id)
        return phone.open(**options)

    def push(self, phone: Phone, changes: dict, **headers: str) -> httpx.Response:
        """Push what no stock client would."""
        known = {"Authorization": f"Bearer {phone.token}", "X-Device-Id": phone.device_id}
        return nearby.post(
            f"{self.server.url}/v1/sync/push",
            json=changes,
            headers={**known, "X-App-Version": "1.0.0", **headers},
        )

    def hand_over(self, customer_id: str, to) -> None:
        body = {"owner_id": to.id, "reason": "A new round."}
        self.online(self.lead).put(f"/v1/customers/{customer_id}/owner", body)

    def command(self, *arguments: str) -> str:
        """Run a command of the product, in this process."""
        with self.inside():
            done = self.app.test_cli_runner().invoke(args=list(arguments))
        assert done.exit_code == 0, done.output
        return done.output

    def sql(self, statement: str, **values):
        with self.inside(), db.engine.begin() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else []

    def back_up(self) -> None:
        with self._at_rest():
            databases.copy(self.database_url, back=False)

    def put_back(self) -> None:
        """Restore the backup: whatever came after it is lost here."""
        with self._at_rest():
            databases.copy(self.database_url, back=True)

    @contextmanager
    def _at_rest(self):
        self.server.kill()
        self.dispose()
        yield
        self.server.start()

    def assert_feeds_true(self) -> None:
        with self.inside():
            assert_feeds_true(self.app)

    def assert_converged(self, *phones: Phone) -> None:
        """See that all phones of an account manager have exactly what the server has."""
        for phone in phones * 2:  # what the last one pushes, the first has to pull
            phone.sync()
        unsent = {phone.device_id: phone.unsent() for phone in phones}
        assert not any(unsent.values()), (unsent, [phone.refusals() for phone in phones])
        app = {name: v for name, v in phones[0].options.items() if name == "learns"}
        fresh = self.phone(phones[0].actor, **app).sync().everything()
        for phone in phones:
            found = differences(phone.everything(), fresh)
            assert not found, (phone.device_id, found)


def differences(ours: dict, theirs: dict) -> list:
    """Return what two phones hold differently."""
    return [
        (table, record_id, ours[table].get(record_id), theirs[table].get(record_id))
        for table in theirs
        for record_id in sorted(ours[table].keys() | theirs[table].keys())
        if ours[table].get(record_id) != theirs[table].get(record_id)
    ]


class Online:
    """Somebody at a desk."""

    def __init__(self, district: District, caller: Caller) -> None:
        self._district, self._caller = district, caller

    def get(self, path, **query):
        return self._ask("GET", path, query_string=query)

    def post(self, path, body):
        return self._ask("POST", path, json=body)

    def put(self, path, body):
        return self._ask("PUT", path, json=body)

    def patch(self, path, body):
        shown = self._open("GET", path)
        return self._ask("PATCH", path, json=body, headers={"If-Match": shown.headers["ETag"]})

    def _ask(self, method, path, **content):
        return self._open(method, path, **content).json

    def _open(self, method, path, **content):
        with self._district.inside():
            reply = self._caller.open(method, path, **content)
        assert reply.status_code < HTTPStatus.BAD_REQUEST, reply.json
        return reply
