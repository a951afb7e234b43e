"""Journals, CRMs that do as a test wants, and the real one."""

from zoneinfo import ZoneInfo

import pytest

from crm_api.app import create_app
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from gateway_relay.crm import Crm
from gateway_relay.journal import Journal
from gateway_relay.line import Line
from gateway_relay.stopping import Stopping
from gateway_relay.teller import Teller
from gateway_relay.values import Outcome, State
from gateway_relay.worker import Tools, Worker
from tests.relay.crm import ScriptedCrm
from tests.relay.factories import settings
from tests.relay.field import Field
from tests.support import databases
from tests.support.server import zone_where_it_is_late_morning


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "relay.db")
    yield journal
    journal.close()


@pytest.fixture
def crm():
    crm = ScriptedCrm()
    yield crm
    crm.close()


class Shelf:
    """A centre that takes everything, unless told otherwise."""

    def __init__(self):
        self.taken, self.answers = [], []

    def submit(self, message):
        said = self.answers.pop(0) if self.answers else None
        if isinstance(said, Exception):
            raise said
        self.taken.append(message.reference)
        return said(message) if said else _accepted(message)


def _accepted(message):
    return Outcome(state=State.SUBMITTED, provider_id=message.reference)


class Host:
    """A relay's parts, moved by hand."""

    def __init__(self, crm, journal, folder):
        self.settings = settings(folder, crm_url=crm.url)
        self.crm, self.journal, self.centre = Crm(self.settings), journal, Shelf()
        self.stopping = Stopping()
        self.line = Line(self.crm, self.settings, self.stopping)
        self.teller = Teller(self.crm, journal, self.stopping, keep_days=30, stop_seconds=2)
        tools = Tools(
            settings=self.settings,
            crm=self.crm,
            line=self.line,
            journal=journal,
            centre=self.centre,
            teller=self.teller,
            stopping=self.stopping,
        )
        self.worker = Worker("worker-1", tools)

    def work(self):
        """Take and send one batch, and tell of it."""
        pause = self.worker.work_once()
        self.teller.tell_some()
        return pause


@pytest.fixture
def host(crm, journal, tmp_path):
    host = Host(crm, journal, tmp_path)
    yield host
    host.crm.hang_up()


@pytest.fixture
def field(own_database_url, tmp_path):
    """The real server, with the shipped policies, where it is late morning."""
    zone = zone_where_it_is_late_morning()
    settings = databases.settings_for(own_database_url, zone=ZoneInfo(zone))
    app = create_app(settings)
    with app.app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=clock.now())
        field = Field(app, own_database_url, tmp_path, zone)
        field.server.start()
        yield field
        field.server.stop()
        db.session.remove()
        db.engine.dispose()
