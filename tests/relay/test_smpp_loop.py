"""From the outbox by SMPP to a centre, and back."""

import pytest

from tests.relay.field import Host, wait_until
from tests.relay.outbox import GREETING, fill_outbox
from tests.relay.smpp_centre import SmppCentre

pytestmark = [pytest.mark.heavy, pytest.mark.one_engine]

LONG = GREETING.replace("祝您", "祝您" + "福如东海寿比南山" * 10)


def test_what_arrives_in_all_its_parts_is_delivered(field):
    ids = {*fill_outbox(4), *fill_outbox(1, text=LONG)}
    with SmppCentre() as centre, _host(field, centre) as host:
        wait_until(lambda: len(centre.taken) == 6)
        for number in reversed(range(1, 7)):
            centre.receipt(f"c{number}", "DELIVRD")
        wait_until(lambda: set(field.states().values()) == {"delivered"})
        number = centre.taken[0].destination_addr.decode()
        centre.deliver(source_addr=number, short_message=b"TD")
        wait_until(lambda: field.sql("SELECT 1 FROM care_inbound"))

    assert host.exit_code == 0
    assert set(field.states()) == ids
    assert field.sql("SELECT number, action FROM care_inbound") == [(f"+{number}", "opt_out")]


def _host(field, centre):
    account = {"smpp_system_id": "relay", "smpp_password": "fiction8"}
    return Host(field, name="north", centre="smpp", smpp_port=centre.port, **account)
