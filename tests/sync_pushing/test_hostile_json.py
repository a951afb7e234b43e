"""No JSON, however deep, wide or odd, stops the server, or the push of others."""

from __future__ import annotations

import pytest

DEEP = 5_000
HUGE = "9" * 300


def day(customer, *pairs):
    """Return a row as it is written, so that it may be what no client would send."""
    known = f'"id":"day-1","customer_id":"{customer.id}","kind":"wedding","month":5,"day":20'
    told = ",".join((known, '"calendar":"solar"', *pairs))
    return f'{{"anniversaries":{{"created":[{{{told}}}]}}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP + b"]" * DEEP,
        b'{"anniversaries":' * DEEP + b"1" + b"}" * DEEP,
        b'{"anniversaries":{"created":' + b"[" * DEEP + b"]" * DEEP + b"}}",
        b'{"anniversaries":{"created":[{"id":"d","label":' + b"[" * DEEP + b"]" * DEEP + b"}]}}",
        b'{"anniversaries":{"created":[{"id":"d","month":NaN}]}}',
        b'{"anniversaries":{"created":[{"id":"d","month":Infinity}]}}',
        b'{"anniversaries":{"created":[{"id":"d","month":1e400}]}}',
        b'{"anniversaries":{"created":[{"id":"d","month":%s}]}}' % (b"9" * 400),
        b'{"anniversaries":{"created":[{"id":"d","label":"\xff\xfe"}]}}',
        b'{"anniversaries":{"created":[{"id":"\\ud800"}]}}',
        b'{"\\ud800":{"created":[]}}',
        b'{"anniversaries":{"deleted":["\\ud800\\udc00"]}}',
        b'{"anniversaries":{"deleted":["d\\u0000"]}}',
        b'{"anniversaries":{"deleted":["d\\n"]}}',
        b'{"anniversaries":null}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"",
        b"null",
        b"1" * 5_000,
    ],
)
def test_what_is_no_push_is_refused(phone, body):
    reply = phone.send(body)

    assert reply.status_code == 400, reply.text
    assert reply.json["code"] in ("malformed_json", "malformed_push")


@pytest.mark.parametrize(
    "pair", [f'"year":{HUGE}', f'"year":{2**64}', '"year":-1e308', '"year":1.5']
)
@pytest.mark.parametrize(
    "number", ['"updated_at":1', f'"updated_at":{HUGE}', f'"updated_at":{2**64}']
)
def test_a_number_beyond_reason_is_to_be_mended(phone, customer, pair, number):
    reply = phone.send(day(customer, pair, number))

    assert reply.status_code == 200, reply.text
    [rejection] = reply.json["rejections"]
    assert (rejection["code"], rejection["field"]) == ("invalid", "year")


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP + "]" * DEEP,
        '{\\"a\\":' * DEEP + "1" + "}" * DEEP,
        "[NaN]",
        f"[{HUGE}]",
        "[1e400]",
        '{\\"a\\":1,\\"a\\":2}',
    ],
)
def test_a_document_within_a_row_hurts_its_record_alone(phone, customer, text):
    row = f'"id":"{customer.id}","interests":"{text}","_changed":"interests"'
    other = day(customer)[1:-1].decode()
    reply = phone.send(f'{{"profiles":{{"updated":[{{{row}}}]}},{other}}}'.encode())

    assert reply.status_code == 200, reply.text
    assert {r["table"] for r in reply.json["rejections"]} == {"profiles"}


def test_what_is_refused_for_good_is_kept_whatever_numbers_it_holds(phone, customer):
    row = f'"id":"unknown","label":"x","year":{2**64},"month":{HUGE},"_changed":"label,year,month"'
    reply = phone.send(f'{{"anniversaries":{{"updated":[{{{row}}}]}}}}'.encode())

    assert reply.status_code == 200, reply.text
    [rejection] = reply.json["rejections"]
    assert (rejection["code"], rejection["retryable"]) == ("not_found", False)
    listed = phone.caller.get("/v1/sync/issues")
    assert listed.status_code == 200, listed.text
    assert [issue["id"] for issue in listed.json["items"]] == [rejection["issue_id"]]


def test_the_names_of_columns_that_were_not_sent_say_nothing(phone, customer):
    names = "label,year,settled_at," * 20_000
    row = f'"id":"day-1","_changed":"{names}"'
    phone.send(day(customer))

    reply = phone.send(f'{{"anniversaries":{{"updated":[{{{row}}}]}}}}'.encode())

    assert (reply.status_code, reply.json["rejections"]) == (200, [])


@pytest.mark.parametrize("table", ["visits", "promises", "follow_ups", "contacts", "sync_issues"])
def test_nor_in_any_table(phone, table):
    names = "checked_in_at,done_at,kept_at,settled_at,starts_at,text,visit_id,customer_id"
    body = f'{{"{table}":{{"created":[{{"id":"x","_changed":"{names}"}}]}}}}'

    reply = phone.send(body.encode())

    assert reply.status_code == 200, reply.text
    assert len(reply.json["rejections"]) == 1


def test_a_flag_is_no_number(phone, customer):
    reply = phone.send(day(customer, '"month":true'))

    [rejection] = reply.json["rejections"]
    assert (rejection["code"], rejection["field"]) == ("invalid", "month")
