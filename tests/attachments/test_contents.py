"""What a file is, its content says; what is shown of it, leaks nothing and runs nothing."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import replace

import pytest
from PIL import Image

from crm_api import config
from tests.attachments.files import (
    ORIENTATION,
    announce,
    announced,
    download,
    offset,
    pdf,
    photo,
    png,
    send,
    uploaded,
)
from tests.factories.accounts import make_staff

pytestmark = pytest.mark.one_engine

HTML = b"<html><script>alert(1)</script></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
X_RESOLUTION = 0x011A
GIF = b"GIF89a" + bytes(40)


@pytest.fixture
def caller(sign_in):
    return sign_in(make_staff())


def chunk(kind: bytes, content: bytes) -> bytes:
    sums = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + sums


def bomb(side: int) -> bytes:
    """Return some hundred bytes that a decoder would turn into gigabytes."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (HTML, "type_not_allowed"),
        (SVG, "type_not_allowed"),
        (GIF, "type_not_allowed"),
        (b"MZ" + bytes(200), "type_not_allowed"),
        (b"nothing that anybody knows", "type_not_allowed"),
        (b"\x00", "type_not_allowed"),
        (photo(side=100)[:2000], "picture_unreadable"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "picture_unreadable"),
        (bomb(60_000), "too_many_pixels"),
        (bomb(3_000), "picture_unreadable"),
    ],
)
def test_what_is_not_wanted_is_refused_for_good(caller, content, because):
    attachment = announced(caller, content, file_name="photo.jpg")

    first, again = send(caller, attachment, content), send(caller, attachment, content)

    for reply in (first, again):
        assert (reply.status_code, reply.json["code"]) == (422, "content_refused")
        assert reply.json["refused_because"] == because
    told = caller.get(f"/v1/attachments/{attachment['id']}").json
    assert (told["status"], told["refused_because"]) == ("refused", because)
    assert offset(caller, attachment) == (0, "?0")


def test_a_thumbnail_is_upright_small_and_knows_nothing_of_the_place(caller):
    content = photo(quality=95)
    assert b"SecretCamera" in content
    assert b"SecretRemark" in content

    reply = download(caller, uploaded(caller, content), "thumbnail")

    picture = Image.open(io.BytesIO(reply.data))
    assert (picture.format, picture.size) == ("JPEG", (160, 320))
    assert not picture.getexif()
    assert b"Secret" not in reply.data
    assert reply.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("kind", [1, 2, 3, 7, 10, 12])
def test_notes_that_make_no_sense_are_the_cameras_affair(caller, kind):
    turned = struct.pack("<HHLL", ORIENTATION, 3, 1, 6)
    odd = struct.pack("<HHLL", X_RESOLUTION, kind, 2, 38) + struct.pack("<HHLL", 0x013B, kind, 1, 7)
    notes = b"Exif\0\0II*\0" + struct.pack("<LH", 8, 3) + turned + odd + bytes(40)
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG", exif=notes)

    reply = download(caller, uploaded(caller, file.getvalue()), "thumbnail")

    assert Image.open(io.BytesIO(reply.data)).size == (48, 64)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_drawings_of_any_kind_have_one(caller, mode):
    kept = uploaded(caller, png(mode=mode))

    picture = Image.open(io.BytesIO(download(caller, kept, "thumbnail").data))

    assert (kept["media_type"], picture.size, picture.mode) == ("image/png", (64, 48), "RGB")


def test_a_document_has_none(caller):
    kept = uploaded(caller, pdf())

    assert kept["has_thumbnail"] is False
    assert download(caller, kept, "thumbnail").status_code == 404


def test_which_types_are_taken_is_a_setting(caller):
    config.configure(replace(config.current(), attachment_types=("image/gif",)))

    assert uploaded(caller, GIF)["media_type"] == "image/gif"


def test_what_is_known_to_do_harm_is_refused_early_and_late(caller, tmp_path):
    content, later = pdf(), pdf(200_000)
    waiting = announced(caller, later)
    digests = {hashlib.sha256(one).hexdigest() for one in (content, later)}
    config.configure(replace(config.current(), barred_digests=frozenset(digests)))

    replies = [announce(caller, content), send(caller, waiting, later)]

    assert {r.json["code"] for r in replies} == {"content_refused"}
    assert {r.json["refused_because"] for r in replies} == {"barred"}


def test_a_part_may_be_asked_for(caller):
    content = photo()
    kept = uploaded(caller, content)

    def asked(given, **headers):
        return download(caller, kept, Range=given, **headers)

    part = asked("bytes=100-199")
    assert (part.status_code, part.data) == (206, content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    assert asked("bytes=-10").data == content[-10:]
    assert asked("bytes=0-").data == content
    beyond = asked(f"bytes={len(content)}-")
    assert (beyond.status_code, beyond.json["code"]) == (416, "range_not_satisfiable")
    tag = {"If-None-Match": f'"{kept["digest"]}"'}
    assert download(caller, kept, **tag).status_code == 304


@pytest.mark.parametrize("name", ['门店"; x=1\\', "a" * 200, "../../etc/passwd", "=cmd|x.pdf"])
def test_a_name_stays_a_name(caller, name):
    kept = uploaded(caller, pdf(), file_name=name)

    said = download(caller, kept).headers["Content-Disposition"]

    assert kept["file_name"] == name
    assert said.startswith("attachment; filename")
    assert said.isascii()
    assert "\n" not in said


def test_control_characters_are_no_name(caller):
    reply = caller.post(
        "/v1/attachments",
        json={"file_name": "a\r\nSet-Cookie: x", "digest": "0" * 64, "byte_size": 1},
    )

    assert reply.status_code == 422
