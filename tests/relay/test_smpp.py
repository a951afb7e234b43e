"""By SMPP: messages, their parts, receipts, customers' words, and sessions that break."""

import time

import pytest
from smpplib import consts

from gateway_relay.centres import CentreAway, CentreRefusesUs
from gateway_relay.centres.smpp import Smpp
from gateway_relay.centres.texts import split
from gateway_relay.values import State
from tests.relay.factories import message, settings
from tests.relay.smpp_centre import SmppCentre

LONG = "【演示通信】" + "福如东海寿比南山" * 15


@pytest.fixture
def centre():
    with SmppCentre() as centre:
        yield centre


@pytest.fixture
def smpp(centre, journal, tmp_path):
    smpp = bind(centre, journal, tmp_path)
    yield smpp
    smpp.stop()


def bind(centre, journal, folder, **changes):
    account = {"smpp_port": centre.port, "smpp_system_id": "relay", "smpp_password": "fiction8"}
    given = settings(folder, centre="smpp", **{**account, **changes})
    smpp = Smpp(given, journal, heard=lambda: None)
    smpp.start()
    return smpp


def send(smpp, journal, **changes):
    one = message(**changes)
    journal.ask([one])
    assert journal.intend(one)
    return smpp.submit(one)


def test_a_message_goes_out_as_it_is(smpp, centre, journal):
    outcome = send(smpp, journal)

    assert (outcome.state, outcome.provider_id) == (State.SUBMITTED, "c1")
    [taken] = centre.taken
    assert taken.destination_addr == b"8613900000001"
    assert taken.source_addr == b"10690000"
    assert taken.short_message.decode("utf-16-be") == message().text
    assert taken.data_coding == consts.SMPP_ENCODING_ISO10646
    assert taken.registered_delivery == 1
    assert taken.validity_period.startswith(b"00000000595")


def test_a_long_one_goes_out_in_parts_and_each_is_known_by_its_id(smpp, centre, journal):
    outcome = send(smpp, journal, text=LONG)

    assert outcome.provider_id == "c1"
    bodies = [taken.short_message for taken in centre.taken]
    assert "".join(body[6:].decode("utf-16-be") for body in bodies) == LONG
    assert [(body[4], body[5]) for body in bodies] == [(2, 1), (2, 2)]
    assert {taken.esm_class for taken in centre.taken} == {consts.SMPP_GSMFEAT_UDHI}
    centre.receipt("c2", "DELIVRD")
    [(_, report)] = journal.news("reports", 9)
    assert (report["message_id"], report["part"], report["parts"]) == ("m1", 2, 2)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (consts.SMPP_ESME_RTHROTTLED, State.RETRY),
        (consts.SMPP_ESME_RMSGQFUL, State.RETRY),
        (consts.SMPP_ESME_RINVDSTADR, State.REJECTED),
    ],
)
def test_a_refusal_is_passed_on(smpp, centre, journal, status, state):
    centre.statuses = [status]

    assert send(smpp, journal).state is state
    assert centre.taken == []


def test_a_second_part_refused_leaves_a_doubt(smpp, centre, journal):
    centre.statuses = [consts.SMPP_ESME_ROK, consts.SMPP_ESME_RTHROTTLED]

    assert send(smpp, journal, text=LONG).state is State.UNKNOWN


def test_without_an_answer_it_is_a_doubt(centre, journal, tmp_path):
    smpp = bind(centre, journal, tmp_path, submit_timeout=1)
    centre.is_mute = True

    assert send(smpp, journal).state is State.UNKNOWN
    smpp.stop()


def test_a_broken_session_leaves_a_doubt_and_is_bound_again(smpp, centre, journal):
    centre.is_mute = True
    centre.hang_up()
    outcomes = set()
    deadline = time.monotonic() + 20
    centre.is_mute = False
    while State.SUBMITTED not in outcomes:
        assert time.monotonic() < deadline, outcomes
        try:
            outcomes.add(send(smpp, journal, key=f"m{time.monotonic_ns()}").state)
        except CentreAway:
            time.sleep(0.02)
    assert outcomes <= {State.SUBMITTED, State.UNKNOWN}


def test_a_wrong_password_stops_the_relay(centre, journal, tmp_path):
    smpp = bind(centre, journal, tmp_path, smpp_password="other")

    with pytest.raises(CentreRefusesUs):
        smpp.submit(message())
    smpp.stop()


def test_nobody_there_nothing_left(journal, tmp_path):
    with SmppCentre() as gone:
        port = gone.port
    smpp = Smpp(settings(tmp_path, centre="smpp", smpp_port=port), journal, heard=lambda: None)
    smpp.start()

    with pytest.raises(CentreAway):
        smpp.submit(message())
    smpp.stop()


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("DELIVRD", "delivered"),
        ("UNDELIV", "undelivered"),
        ("EXPIRED", "undelivered"),
        ("REJECTD", "rejected"),
        ("ACCEPTD", "submitted"),
    ],
)
def test_a_receipt_says_what_became_of_it(smpp, centre, journal, stat, status):
    send(smpp, journal)

    assert centre.receipt("c1", stat) == consts.SMPP_ESME_ROK

    [(key, report)] = journal.news("reports", 9)
    assert (key, report["status"]) == (f"c1.{stat}", status)
    assert (report["message_id"], report["provider_id"]) == ("m1", "c1")
    assert "hello" not in report["raw"]


def test_a_receipt_of_nothing_we_know_is_passed_on_by_its_id(smpp, centre, journal):
    centre.receipt("strange", "DELIVRD")

    [(_, report)] = journal.news("reports", 9)
    assert (report["message_id"], report["provider_id"]) == (None, "strange")


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (consts.SMPP_ENCODING_ISO10646, "退订".encode("utf-16-be")),
        (consts.SMPP_ENCODING_ISO10646, "TD\0".encode("utf-16-be")),
        (consts.SMPP_ENCODING_DEFAULT, b"TD"),
    ],
)
def test_what_a_customer_wrote_is_kept_before_it_is_answered(smpp, centre, journal, coding, body):
    assert centre.deliver(short_message=body, data_coding=coding) == consts.SMPP_ESME_ROK

    [(_, inbound)] = journal.news("inbound", 9)
    assert inbound["from"] == "+8613900000001"
    assert inbound["text"] in ("退订", "TD")


@pytest.mark.parametrize(
    ("text", "encoding", "lengths"),
    [
        ("a" * 160, "gsm7", [160]),
        ("a" * 161, "gsm7", [6 + 153, 6 + 8]),
        ("a" * 152 + "€" + "a" * 10, "gsm7", [6 + 152, 6 + 12]),
        ("好" * 70, "ucs2", [140]),
        ("好" * 71, "ucs2", [6 + 134, 6 + 8]),
        ("好" * 66 + "🎂" + "好" * 5, "ucs2", [6 + 132, 6 + 14]),
    ],
    ids=["whole", "parts", "escape", "70", "71", "emoji"],
)
def test_no_character_is_broken_between_two_parts(text, encoding, lengths):
    assert [len(body) for body in split(text, encoding=encoding).bodies] == lengths
