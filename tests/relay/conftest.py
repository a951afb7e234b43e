"""A journal of one's own."""

import pytest

from gateway_relay.journal import Journal


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "relay.db")
    yield journal
    journal.close()
