"""A hold against the begins under way: once it commits, nothing that it covers passes begin."""

import threading
import time

from crm_api.care.approval import service
from crm_api.care.approval.terms import RulingKind
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.transactions import transaction
from tests.care_approval.conftest import TODAY
from tests.care_gateway.factories import MORNING, slot_state
from tests.care_gateway.test_races import run_beside


def hold(manager):
    kind = RulingKind.HOLD
    return service.rule(TODAY, kind, reason="x", by=manager, now=MORNING)


def test_a_begin_that_waits_for_a_hold_is_refused(gateway, district):
    """The hold is written and not yet committed; nothing of the customer's is locked by it."""
    [leased, _] = sorted(gateway.lease(), key=lambda m: m["id"] != district.messages[0].id)

    with transaction():
        hold(district.leaders[0])
        answer = run_beside(lambda: gateway.begin(leased))
        time.sleep(0.4)

    assert answer() == ["held"]
    assert slot_state(district.messages[0]) is SlotState.RESERVED


def test_a_hold_waits_for_the_begins_under_way(app, gateway, district):
    gateway.lease()
    is_held = threading.Event()

    def hold_beside():
        with app.app_context(), transaction():
            hold(district.chief)
        is_held.set()
        return True

    slot_id = district.messages[0].slot_id
    with transaction():
        contact_frequency.join_begins()
        assert contact_frequency.begin_slots([slot_id]) == {slot_id: None}
        answer = run_beside(hold_beside)
        assert not is_held.wait(0.4), "it committed beside a begin that had not seen it"

    assert answer()
