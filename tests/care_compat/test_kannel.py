"""Kannel's own protocol over the gateway's service: offering is begin."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import timedelta

import pytest

from crm_api import config
from crm_api.accounts import service as accounts
from crm_api.accounts.models import Role, Scope
from crm_api.care.compat.policies.kannel import read_mask
from crm_api.care.gateway.terms import ReportStatus
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    MORNING,
    contacts_of,
    later,
    make_message,
    make_messages,
    slot_state,
    stored,
)
from tests.factories.accounts import make_client, make_staff

S, L = MessageState, SlotState


def test_a_message_comes_as_its_text_with_headers(kannel):
    message = make_message()

    message_id, reply = kannel.next()

    assert message_id == message.id
    assert reply.data.decode() == message.text
    headers = {n: v for n, v in reply.headers if n.startswith("X-Kannel-")}
    assert headers == {
        "X-Kannel-To": message.number,
        "X-Kannel-From": "10086",
        "X-Kannel-Coding": "2",
        "X-Kannel-Validity": "600",  # minutes until the evening
        "X-Kannel-DLR-Mask": "27",
        "X-Kannel-DLR-Url": f"http://localhost/v1/compat/kannel/{kannel.key}/dlr"
        f"?id={message.id}&s=%d",
    }


def test_an_offer_is_begun_and_bound(kannel):
    message = make_message()

    kannel.next()

    now = stored(message)
    assert (now.state, now.gateway_id) == (S.SUBMITTING, kannel.id)
    assert slot_state(message) is L.IN_FLIGHT


def test_nothing_due_is_an_empty_body(kannel):
    make_message(due_at=later(hours=1))

    assert kannel.next() is None


def test_what_was_offered_is_offered_to_nobody_again(kannel, other_kannel, gateway, at):
    message = make_message()
    kannel.next()

    for moment in (MORNING, later(minutes=5), later(hours=3)):
        at(moment)
        assert kannel.next() is None
        assert other_kannel.next() is None
        assert gateway.pull()["recover"] == []
    assert stored(message).state is S.SUBMITTING


def test_each_message_goes_to_one_kannel(kannel, other_kannel):
    messages = make_messages(4)

    seen = [one.next()[0] for _ in range(2) for one in (kannel, other_kannel)]

    assert sorted(seen) == sorted(m.id for m in messages)


def test_what_the_governor_stops_is_passed_over(kannel):
    silenced, message = make_message(priority=1), make_message(priority=2)
    with transaction():
        contact_frequency.opt_out(silenced.number, at=MORNING, source="test")

    message_id, _ = kannel.next()

    assert message_id == message.id
    assert stored(silenced).state is S.SUPPRESSED


def test_nothing_goes_out_at_night(kannel, at):
    make_message(send_before=later(days=1))
    at(later(hours=12))

    assert kannel.next() is None


@pytest.mark.parametrize("sender", ["10\r\nX-Kannel-To: 1", "10\n", "\r", "名"])
def test_what_would_break_a_header_is_never_begun(kannel, sender):
    poisoned, message = make_message(sender=sender, priority=1), make_message(priority=2)

    assert kannel.next()[0] == message.id
    assert stored(poisoned).state is S.LEASED


@pytest.mark.parametrize(
    ("masks", "state", "slot"),
    [
        ([8], S.SUBMITTED, L.CONSUMED),
        ([4], S.SUBMITTED, L.CONSUMED),
        ([8, 1], S.DELIVERED, L.CONSUMED),
        ([1, 8], S.DELIVERED, L.CONSUMED),
        ([8, 2], S.UNDELIVERED, L.CONSUMED),
        ([8, 34], S.UNDELIVERED, L.CONSUMED),
        ([16], S.REJECTED, L.RELEASED),
        ([8, 16], S.REJECTED, L.CONSUMED),
        ([24], S.REJECTED, L.RELEASED),
        ([2, 1], S.DELIVERED, L.CONSUMED),
        ([1, 2], S.DELIVERED, L.CONSUMED),
    ],
)
def test_reports_settle_it_in_any_order_and_repeated(kannel, masks, state, slot):
    message = make_message()
    kannel.next()

    for mask in [*masks, *masks]:
        kannel.report(message.id, mask)

    assert stored(message).state is state
    assert slot_state(message) is slot
    assert len(contacts_of(message)) == (0 if slot is L.RELEASED else 1)


def test_the_bits_of_a_mask():
    said = {mask: read_mask(mask) for mask in (1, 2, 3, 4, 8, 16, 32, 34, 64)}

    assert said == {
        1: ReportStatus.DELIVERED,
        2: ReportStatus.UNDELIVERED,
        3: ReportStatus.DELIVERED,
        4: ReportStatus.SUBMITTED,
        8: ReportStatus.SUBMITTED,
        16: ReportStatus.REJECTED,
        32: None,
        34: ReportStatus.UNDELIVERED,
        64: None,
    }


def test_anothers_report_changes_nothing(kannel, other_kannel):
    message = make_message()
    kannel.next()

    other_kannel.report(message.id, 1)

    assert stored(message).state is S.SUBMITTING


def test_a_day_of_silence_is_a_doubt_that_a_late_report_ends(kannel, at, app):
    message = make_message()
    kannel.next()
    at(later(days=1))

    swept = app.test_cli_runner().invoke(args=["care-gateway", "sweep"])

    assert "1 silent parked" in swept.output
    assert stored(message).state is S.UNCERTAIN
    assert slot_state(message) is L.UNCERTAIN
    assert kannel.next() is None
    kannel.report(message.id, 1)
    assert stored(message).state is S.DELIVERED


def test_an_answer_silences_the_number_before_anything_else_goes_there(kannel):
    message = make_message()

    kannel.bring("退订", number=message.number)
    kannel.bring("退订", number=message.number)  # told again

    assert kannel.next() is None
    assert stored(message).state is S.SUPPRESSED


@pytest.mark.parametrize("what", ["next", "dlr", "mo"])
@pytest.mark.parametrize("key", ["wrong", "x" * 4_000, "%C3%A9"])
def test_a_wrong_key_is_401_with_an_empty_body(client, now, what, key):
    reply = client.get(f"/v1/compat/kannel/{key}/{what}")

    assert (reply.status_code, reply.data) == (401, b"")


def test_a_revoked_key_is_worth_nothing(kannel, now):
    make_message()
    with transaction():
        accounts.issue_key(kannel.id, overlap=timedelta(0), by_id=None, now=now)

    assert kannel.ask("next").status_code == 401


def test_other_machines_stay_outside_in_plain_words(client, now):
    _, key = make_client(Scope.BILLING_FEED)

    reply = client.get(f"/v1/compat/kannel/{key}/next")

    assert reply.status_code == 403
    assert reply.content_type == "text/plain; charset=utf-8"
    assert reply.text.startswith("forbidden_scope: ")


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("dlr", {}),
        ("dlr", {"id": "x", "s": "0"}),
        ("dlr", {"id": "x", "s": "32"}),
        ("dlr", {"id": "x", "s": "%d"}),
        ("dlr", {"id": "x\r\n", "s": "1"}),
        ("dlr", {"id": "x", "s": "9" * 400}),
        ("mo", {"from": "1", "to": "2", "text": "x"}),
        ("mo", {"from": "1", "to": "2", "text": "\x00", "id": "1"}),
        ("mo", {"from": "1" * 33, "to": "2", "text": "x", "id": "1"}),
    ],
)
def test_nonsense_is_refused_in_plain_words(kannel, what, query):
    reply = kannel.ask(what, **query)

    assert reply.status_code == 422
    assert reply.content_type == "text/plain; charset=utf-8"
    assert reply.text.startswith("invalid: ")
    assert "/" in reply.text
    assert kannel.key not in reply.text


def test_looking_with_head_takes_nothing(kannel):
    message = make_message()

    reply = kannel.ask("next", method="HEAD")

    assert reply.status_code == 405
    assert stored(message).state is S.QUEUED


def test_the_key_is_in_no_log_and_no_metric(kannel, client, monkeypatch):
    told, crashes = [], []
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)  # what counts is this process
    monkeypatch.setattr("crm_api.kit.logs.write_request", lambda **k: told.append(((), k)))
    monkeypatch.setattr("crm_api.kit.problems.log.error", lambda *a, **k: crashes.append((a, k)))
    monkeypatch.setattr("crm_api.care.compat.service.take_kannel_reply", None)  # it will crash
    crash = {"from": "1", "to": "2", "text": "x", "id": "1"}
    for what, query in (("next", {}), ("dlr", {}), ("none", {}), ("mo", crash)):
        kannel.ask(what, **query)
    told += [(a, k, traceback.format_exception(k["exc_info"])) for a, k in crashes]

    counted = client.get("/metrics").text

    assert [a for a, _ in crashes] == [("request_crashed",)]
    for text in (str(told), counted):
        assert "/v1/compat/kannel/<token>/next" in text
        assert kannel.key not in text


def test_it_is_told_where_to_report(kannel, monkeypatch):
    make_message()
    settings = replace(config.current(), public_url="https://crm.example.com/")
    monkeypatch.setattr(config.settings, "_current", settings)

    _, reply = kannel.next()

    url = reply.headers["X-Kannel-DLR-Url"]
    assert url.startswith(f"https://crm.example.com/v1/compat/kannel/{kannel.key}/dlr?id=")


def test_a_crash_between_lease_and_begin_loses_nothing(kannel, other_kannel, at, monkeypatch):
    message = make_message()
    with monkeypatch.context() as patched:
        patched.setattr("crm_api.care.compat.service.begin_offers", None)
        assert kannel.ask("next").status_code == 500
    assert other_kannel.next() is None

    at(later(seconds=60))

    assert other_kannel.next()[0] == message.id


@pytest.mark.parametrize("mask", [16, 2, 1])
def test_a_report_after_a_person_settled_it_is_taken(kannel, at, app, sign_in, mask):
    message = make_message()
    kannel.next()
    at(later(days=1))
    app.test_cli_runner().invoke(args=["care-gateway", "sweep"])
    settlement = {"outcome": "not_sent", "note": "Never seen."}
    manager = sign_in(make_staff(Role.ADMIN))
    path = f"/v1/care-messages/{message.id}/settlement"
    assert manager.put(path, json=settlement).status_code == 200

    kannel.report(message.id, mask)

    expected = {16: S.CANCELLED, 2: S.UNDELIVERED, 1: S.DELIVERED}
    assert stored(message).state is expected[mask]
