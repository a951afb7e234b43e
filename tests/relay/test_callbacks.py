"""What Kannel says of deliveries, and what customers write."""

from urllib.parse import urlencode

import pytest

from gateway_relay.centres.callbacks import Callbacks
from tests.relay.factories import message, settings


@pytest.fixture
def callbacks(journal, tmp_path):
    return Callbacks(settings(tmp_path), journal, heard=lambda: None)


def report(callbacks, mask):
    url = callbacks.report_url(message()).replace("%d", str(mask)).replace("%A", "stat%3aX")
    return callbacks.take(url.removeprefix("http://127.0.0.1:0"))


@pytest.mark.parametrize(
    ("mask", "status"),
    [
        (1, "delivered"),
        (2, "undelivered"),
        (34, "undelivered"),
        (8, "submitted"),
        (16, "rejected"),
        (9, "delivered"),
    ],
)
def test_a_mask_says_what_became_of_a_message(callbacks, journal, mask, status):
    assert report(callbacks, mask) == 200

    [(key, kept)] = journal.news("reports", 9)
    assert kept["status"] == status
    assert (key, kept["message_id"], kept["provider_id"]) == (f"m1-1.{mask}", "m1", "m1-1")
    assert kept["raw"] == f"{mask} stat:X"


def test_buffered_is_no_news_and_repeated_is_one(callbacks, journal):
    assert [report(callbacks, mask) for mask in (4, 1, 1)] == [200] * 3

    assert len(journal.news("reports", 9)) == 1


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("0", "退订 TD".encode()),
        ("2", "退订 TD".encode("utf-16-be")),
        ("2", "退订 TD\0".encode("utf-16-be")),
    ],
)
def test_what_a_customer_wrote_is_read_in_its_coding(callbacks, journal, coding, body):
    said = {"id": "i1", "from": "+8613900000001", "to": "10690000", "coding": coding, "text": body}

    assert callbacks.take(f"/mo?{urlencode(said)}") == 200

    [(key, kept)] = journal.news("inbound", 9)
    assert (key, kept["text"], kept["from"]) == ("i1", "退订 TD", "+8613900000001")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/dlr?id=m1", 400),
        ("/dlr?id=m1&reference=m1-1&status=x", 400),
        ("/mo?id=i1", 400),
        ("/", 404),
    ],
)
def test_what_is_no_callback_is_refused(callbacks, journal, target, status):
    assert callbacks.take(target) == status
    assert journal.news("reports", 9) == journal.news("inbound", 9) == []


def test_a_secret_stands_in_the_path(journal, tmp_path):
    changes = {"listen": "127.0.0.1:0", "callback_secret": "fictional"}
    callbacks = Callbacks(settings(tmp_path, **changes), journal, heard=lambda: None)

    assert "/fictional/dlr?" in callbacks.report_url(message())
    assert callbacks.take("/dlr?id=m1&reference=m1-1&status=1") == 404
    assert callbacks.take("/fictional/dlr?id=m1&reference=m1-1&status=1") == 200
