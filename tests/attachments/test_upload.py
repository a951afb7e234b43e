"""A file arrives: whole or in pieces, once or twice, in order or not."""

from __future__ import annotations

import base64
import hashlib
import io

import pytest
from werkzeug.exceptions import ClientDisconnected

from crm_api.accounts.models import Role
from crm_api.attachments import policies
from tests.attachments.files import (
    announce,
    announced,
    download,
    offset,
    pdf,
    photo,
    send,
    uploaded,
)
from tests.factories.accounts import make_staff

KIB = 1024


@pytest.fixture
def caller(sign_in):
    return sign_in(make_staff())


def test_a_photo_comes_as_a_whole_and_goes_as_it_came(caller):
    content = photo()

    kept = uploaded(caller, content)

    assert (kept["status"], kept["media_type"]) == ("kept", "image/jpeg")
    assert (kept["width"], kept["height"], kept["has_thumbnail"]) == (1800, 900, True)
    assert offset(caller, kept) == (len(content), "?1")
    reply = download(caller, kept)
    assert reply.data == content
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers["Content-Disposition"].startswith("attachment;")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert reply.headers["ETag"] == f'"{kept["digest"]}"'


def test_it_comes_in_pieces_that_may_be_repeated(caller):
    content = pdf(100_000)
    attachment = announced(caller, content)

    steps = [
        (0, 40_000),
        (0, 40_000),
        (20_000, 60_000),
        (10, 20),
        (50_000, 61_000),
        (60_000, 100_000),
    ]
    stands = [send(caller, attachment, content, *step).json["received_bytes"] for step in steps]

    assert stands == [40_000, 40_000, 60_000, 60_000, 60_000, 100_000]
    assert download(caller, attachment).data == content
    again = [send(caller, attachment, content, *step).status_code for step in steps]
    assert again == [200] * 6
    assert send(caller, attachment, content).json["status"] == "kept"
    other = pdf(100_001)[:100_000]
    assert send(caller, attachment, other).json["code"] == "content_differs"


def test_a_gap_is_refused_and_told(caller):
    content = pdf(100_000)
    attachment = announced(caller, content)
    send(caller, attachment, content, 0, 40_000)

    reply = send(caller, attachment, content, 50_000, 100_000)

    assert (reply.status_code, reply.json["code"]) == (409, "upload_offset_mismatch")
    assert reply.json["expected_offset"] == 40_000
    assert offset(caller, attachment) == (40_000, "?0")
    assert download(caller, attachment).json["code"] == "content_not_whole"


def test_what_is_damaged_is_sent_again(caller):
    content = pdf(100_000)
    attachment = announced(caller, content)
    send(caller, attachment, bytes(40_000) + content[40_000:], 0, 40_000)

    reply = send(caller, attachment, content, 40_000, 100_000)

    assert (reply.status_code, reply.json["code"]) == (422, "digest_mismatch")
    assert offset(caller, attachment) == (0, "?0")
    assert send(caller, attachment, content).json["status"] == "kept"


def test_a_piece_may_bring_its_own_digest(caller):
    content = pdf(100_000)
    attachment = announced(caller, content)

    def piece(digest):
        headers = {"Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:"}
        return send(caller, attachment, content, 0, 40_000, **headers)

    bad, short = piece(bytes(32)), piece(b"x")
    good = piece(hashlib.sha256(content[:40_000]).digest())

    assert bad.json["errors"][0]["pointer"] == "/headers/Content-Digest"
    assert short.status_code == 422
    assert good.json["received_bytes"] == 40_000


def test_what_came_before_the_line_broke_is_kept(caller, monkeypatch):
    content = pdf(300_000)
    attachment = announced(caller, content)

    class Broken(io.BytesIO):
        def read(self, size=-1):
            block = super().read(size)
            if not block:
                raise ClientDisconnected
            return block

    monkeypatch.setattr("flask.Request.stream", Broken(content[:200_000]))
    send(caller, attachment, content)
    monkeypatch.undo()

    assert offset(caller, attachment) == (200_000, "?0")
    assert send(caller, attachment, content, 200_000).json["status"] == "kept"


@pytest.mark.parametrize(
    "given", ["bytes 0-9", "bytes 5-4/100000", "bytes 0-100000/100000", "items 0-9/10", "bytes */9"]
)
def test_a_range_that_cannot_be_is_refused(caller, given):
    attachment = announced(caller, pdf(100_000))

    reply = send(caller, attachment, b"x" * 10, **{"Content-Range": given})

    assert reply.json["errors"][0]["pointer"] == "/headers/Content-Range"


def test_sizes_are_kept_to(caller):
    content = pdf(100_000)
    attachment = announced(caller, content)

    def code(reply):
        return reply.status_code, reply.json["code"]

    assert code(send(caller, attachment, content[:100], 0, 100)) == (422, "invalid")
    assert code(send(caller, attachment, content + b"x")) == (422, "invalid")
    assert code(send(caller, attachment, content, 0, 100)) == (422, "upload_piece_too_small")
    said = {"Content-Range": "bytes 0-39999/100000"}
    path = f"/v1/attachments/{attachment['id']}/content"
    assert code(caller.put(path, data=content[:30_000], headers=said)) == (422, "invalid")
    assert code(caller.put(path, data=bytes(21 * KIB * KIB))) == (413, "body_too_large")
    assert code(announce(caller, content, byte_size=21 * KIB * KIB)) == (422, "invalid")
    assert offset(caller, attachment) == (0, "?0")


def test_an_id_may_be_brought_and_means_one_file(caller, sign_in):
    content = pdf()

    first = announce(caller, content, id="photo-1")
    again = announce(caller, content, id="photo-1")
    other = announce(caller, content + b"x", id="photo-1")
    stranger = announce(sign_in(make_staff()), content, id="photo-1")

    assert (first.status_code, again.json) == (201, first.json)
    assert {(r.status_code, r.json["code"]) for r in (other, stranger)} == {(409, "id_taken")}


def test_one_content_is_kept_once(caller, sign_in):
    content = pdf()
    stranger = sign_in(make_staff())

    mine, theirs = uploaded(caller, content), uploaded(stranger, content, file_name="x.pdf")

    assert mine["id"] != theirs["id"]
    assert download(stranger, theirs).data == content
    assert download(stranger, mine).status_code == 404


def test_knowing_a_digest_is_not_having_the_file(caller, sign_in):
    content = pdf()
    uploaded(caller, content)

    guess = announced(sign_in(make_staff()), content)

    assert guess["status"] == "receiving"


def test_ones_own_uploads_are_listed(caller, sign_in):
    kept, waiting = uploaded(caller, pdf()), announced(caller, pdf(200_000))
    uploaded(sign_in(make_staff()), pdf())

    def ids(query=""):
        return [a["id"] for a in caller.get(f"/v1/attachments{query}").json["items"]]

    assert ids() == [waiting["id"], kept["id"]]
    assert ids("?status=receiving") == [waiting["id"]]
    assert ids("?is_attached=true") == []
    assert len(ids("?limit=1")) == 1


def test_a_loose_one_is_its_uploaders(caller, sign_in):
    kept = uploaded(caller, pdf())
    path = f"/v1/attachments/{kept['id']}"

    for role in (Role.ACCOUNT_MANAGER, Role.MANAGER):
        assert sign_in(make_staff(role)).get(path).status_code == 404
        assert sign_in(make_staff(role)).delete(path).status_code in (403, 404)
    assert sign_in(make_staff(Role.AUDITOR)).get(path).status_code == 200
    assert sign_in(make_staff(Role.AUDITOR)).delete(path).status_code == 403
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404


def test_nobody_hoards(caller, monkeypatch):
    monkeypatch.setattr(policies, "MOST_LOOSE", 2)
    uploaded(caller, pdf())
    announced(caller, pdf())

    assert announce(caller, pdf()).json["code"] == "too_many_loose_attachments"
