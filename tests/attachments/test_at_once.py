"""Many at once, a line that breaks, a server that dies: nothing is lost, doubled or kept locked."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from crm_api.attachments.models import AttachmentPiece, StoredFile
from crm_api.kit.db import db
from tests.attachments.files import announce, announced, download, offset, pdf, send
from tests.factories.accounts import make_staff, make_token
from tests.support import nearby
from tests.support.callers import Caller
from tests.support.server import Server

SENDERS = 6


def at_once(app, actors, act):
    """Let everybody act at the same moment; return the replies."""
    tokens = [make_token(actor) for actor in actors]
    db.session.rollback()
    start = Barrier(len(actors))

    def run(number):
        start.wait()
        return act(Caller(app.test_client(), tokens[number]), number)

    with ThreadPoolExecutor(len(actors)) as pool:
        return list(pool.map(run, range(len(actors))))


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_one_id_is_one_attachment(app):
    replies = at_once(app, [make_staff()] * SENDERS, lambda c, _: announce(c, pdf(), id="one"))

    assert [r.status_code for r in replies] == [201] * SENDERS
    assert len({r.text for r in replies}) == 1


def test_one_piece_is_kept_once(app, sign_in):
    owner, content = make_staff(), pdf(100_000)
    attachment = announced(sign_in(owner), content)

    replies = at_once(
        app, [owner] * SENDERS, lambda c, n: send(c, attachment, content, 0, 40_000 + n * 1000)
    )

    kept = {r.json["received_bytes"] for r in replies if r.status_code == 200}
    refused = {r.json["code"] for r in replies if r.status_code != 200}
    assert kept
    assert refused <= {"upload_offset_mismatch"}
    assert offset(sign_in(owner), attachment)[0] == max(kept)
    reply = send(sign_in(owner), attachment, content, max(kept))
    assert reply.json["status"] == "kept", reply.text
    assert download(sign_in(owner), attachment).data == content
    assert count(AttachmentPiece) == 0


def test_one_content_of_many_is_stored_once(app, sign_in):
    owners, content = [make_staff() for _ in range(SENDERS)], pdf()
    theirs = [announced(sign_in(owner), content) for owner in owners]

    replies = at_once(app, owners, lambda c, n: send(c, theirs[n], content))

    assert [r.status_code for r in replies] == [200] * SENDERS
    assert count(StoredFile) == 1
    assert download(sign_in(owners[-1]), theirs[-1]).data == content


def test_a_sweep_takes_nothing_that_is_being_shown(app, sign_in):
    """The file of the one who leaves is swept while others come with the same content."""
    owner, content = make_staff(), pdf()
    first = announced(sign_in(owner), content)
    send(sign_in(owner), first, content)
    sign_in(owner).delete(f"/v1/attachments/{first['id']}")
    owners = [make_staff() for _ in range(SENDERS - 1)]
    theirs = [announced(sign_in(one), content) for one in owners]

    def act(caller, number):
        if number == SENDERS - 1:
            with app.app_context():
                return app.test_cli_runner().invoke(args=["attachments", "sweep"])
        return send(caller, theirs[number], content)

    *replies, swept = at_once(app, [*owners, owner], act)

    assert swept.exit_code == 0, swept.output
    for number, reply in enumerate(replies):
        caller = sign_in(owners[number])
        if reply.status_code != 200:  # swept just then: sent again, it is kept
            assert (reply.status_code, reply.json["code"]) == (503, "busy")
            assert send(caller, theirs[number], content).status_code == 200
        assert download(caller, theirs[number]).data == content


@pytest.fixture
def server(app, database_url):
    running = Server(database_url).start()
    yield running
    running.stop()


def begin_sending(server, token, attachment, content, count):
    """Send the head of a request and so many bytes of its body, and hold the line."""
    line = socket.create_connection(("127.0.0.1", server.port))
    head = (
        f"PUT /v1/attachments/{attachment['id']}/content HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    line.sendall(head.encode() + content[:count])
    return line


def wait_until(is_so):
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.heavy
def test_a_slow_sender_holds_nothing_and_little_is_lost(app, server, sign_in):
    """The line breaks in the middle of a piece, then the server is killed in the next one."""
    owner, content = make_staff(), pdf(3_000_000)
    token = make_token(owner)
    caller, bearer = sign_in(owner), {"Authorization": f"Bearer {token}"}
    attachment = announced(caller, content)

    with contextlib.closing(begin_sending(server, token, attachment, content, 1_000_000)):
        for number in range(20):  # others write meanwhile, at once
            body = {"file_name": "x", "digest": f"{number:064}", "byte_size": 1}
            reply = nearby.post(f"{server.url}/v1/attachments", json=body, headers=bearer)
            assert reply.status_code == 201, reply.text
        assert offset(caller, attachment) == (0, "?0")
    wait_until(lambda: offset(caller, attachment)[0] > 0)
    arrived, _ = offset(caller, attachment)
    assert 900_000 < arrived <= 1_000_000

    url = f"{server.url}/v1/attachments/{attachment['id']}/content"
    said = {**bearer, "Content-Range": f"bytes {arrived}-1999999/{len(content)}"}
    reply = nearby.put(url, content=content[arrived:2_000_000], headers=said)
    assert reply.json()["received_bytes"] == 2_000_000
    with contextlib.closing(begin_sending(server, token, attachment, content, 2_500_000)):
        server.kill()

    assert offset(caller, attachment) == (2_000_000, "?0")
    assert send(caller, attachment, content, 2_000_000).json["status"] == "kept"
    assert download(caller, attachment).data == content
