"""A journal of one's own, a CRM that does as a test wants, and a host between them."""

import pytest

from gateway_relay.crm import Crm
from gateway_relay.journal import Journal
from gateway_relay.stopping import Stopping
from gateway_relay.teller import Teller
from gateway_relay.values import Outcome, State
from gateway_relay.worker import Tools, Worker
from tests.relay.crm import ScriptedCrm
from tests.relay.factories import settings


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
        self.teller = Teller(self.crm, journal, self.stopping, keep_days=30, stop_seconds=2)
        tools = Tools(
            settings=self.settings,
            crm=self.crm,
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
