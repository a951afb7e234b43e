"""From the outbox through Debian's Kannel into a fake message centre, and back."""

import pytest

from tests.relay.field import Host, wait_until
from tests.relay.outbox import GREETING, fill_outbox
from tests.support.kannel import USER, Kannel, needs_kannel
from tests.support.server import free_port

pytestmark = [pytest.mark.heavy, pytest.mark.one_engine, needs_kannel]

LONG = GREETING.replace("祝您", "祝您" + "福如东海寿比南山" * 10)


def test_it_sends_each_once_and_brings_back_what_became_of_it(field):
    ids = {*fill_outbox(5), *fill_outbox(1, text=LONG)}
    listen = f"127.0.0.1:{free_port()}"
    with (
        Kannel(services=_service(listen), smsbox="http-request-retry = 60") as kannel,
        _host(field, kannel, listen) as host,
    ):
        field.wait_until_settled([host])
        wait_until(lambda: len(kannel.accepted()) >= 7)
        [number] = field.sql("SELECT number FROM care_messages ORDER BY id LIMIT 1")[0]
        kannel.send(f"{number} 10690000 text TD")
        wait_until(lambda: field.sql("SELECT 1 FROM care_inbound"))
        wait_until(lambda: len(field.sql("SELECT 1 FROM care_reports")) >= len(ids))
        got = kannel.accepted()

    assert host.exit_code == 0
    assert set(field.states()) == ids
    assert set(field.states().values()) <= {"submitted", "delivered"}
    assert sorted(_texts(got)) == sorted(
        row[0] for row in field.sql("SELECT text FROM care_messages")
    )
    assert field.sql("SELECT number, text, action FROM care_inbound") == [(number, "TD", "opt_out")]
    assert field.sql("SELECT count(*) FROM care_reports WHERE attempt_id IS NULL") == [(0,)]


def _service(listen):
    return (
        "group = sms-service\nkeyword = default\ncatch-all = yes\nmax-messages = 0\n"
        f'get-url = "http://{listen}/mo?id=%I&from=%p&to=%P&coding=%c&text=%b"\n'
    )


def _host(field, kannel, listen):
    return Host(
        field,
        name="north",
        listen=listen,
        kannel_url=kannel.sendsms,
        kannel_username=USER["username"],
        kannel_password=USER["password"],
    )


def _texts(accepted):
    """Return whole texts: parts come one after the other."""
    texts = [one.text for one in accepted if one.parts == 1]
    parts = sorted((one.part, one.text) for one in accepted if one.parts > 1)
    return [*texts, "".join(text for _, text in parts)]
