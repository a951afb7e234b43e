"""What nobody needs goes, rows first and bytes after; what somebody needs stays."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.attachments.models import Attachment, AttachmentPiece, DiscardedContent, StoredFile
from crm_api.kit.db import db
from tests.attachments.files import announced, download, offset, pdf, photo, send, uploaded
from tests.attachments.test_visit_attachments import hang
from tests.factories.accounts import make_staff
from tests.factories.visits import planned
from tests.support.field import field

__all__ = ["field"]

WEEK = timedelta(days=8)


@pytest.fixture
def folder(app, tmp_path):
    config.configure(replace(config.current(), attachments=str(tmp_path / "kept")))
    return tmp_path / "kept"


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def swept(app, *options):
    done = app.test_cli_runner().invoke(args=["attachments", "sweep", *options])
    assert done.exit_code == 0, done.output
    db.session.rollback()
    return done.output


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_what_hangs_on_nothing_goes_in_time(app, field, folder, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    loose, hung = uploaded(field.caller, photo(side=60)), uploaded(field.caller, pdf())
    hang(field.caller, visit, hung)
    assert len(files(folder)) == 3

    swept(app)
    assert count(Attachment) == 2
    at(field.now + WEEK)
    told = swept(app)

    assert "Deleted 1 loose attachments and 1 files" in told
    assert [name.split("/")[0] for name in files(folder)] == ["files"]
    assert download(field.caller, hung).data == pdf()
    assert field.caller.get(f"/v1/attachments/{loose['id']}").status_code == 404
    assert (count(StoredFile), count(DiscardedContent)) == (1, 0)
    assert "Deleted 0 loose attachments and 0 files" in swept(app)


def test_a_content_stays_while_anybody_shows_it(app, field, folder, sign_in):
    stranger = sign_in(make_staff())
    mine, theirs = uploaded(field.caller, pdf()), uploaded(stranger, pdf())

    field.caller.delete(f"/v1/attachments/{mine['id']}")
    swept(app)
    assert download(stranger, theirs).data == pdf()

    stranger.delete(f"/v1/attachments/{theirs['id']}")
    swept(app)
    assert files(folder) == []
    assert download(field.caller, uploaded(field.caller, pdf())).data == pdf()


def test_pieces_go_once_the_whole_is_kept_or_refused(app, field, folder):
    content = pdf(100_000)
    attachment = announced(field.caller, content)
    send(field.caller, attachment, content, 0, 40_000)
    bad = b"nothing" * 10_000
    refused = announced(field.caller, bad)
    send(field.caller, refused, bad, 0, 40_000)
    assert len(files(folder)) == 2

    send(field.caller, attachment, content, 40_000)
    send(field.caller, refused, bad, 40_000)
    swept(app)

    assert count(AttachmentPiece) == 0
    assert len(files(folder)) == 1


def test_an_upload_that_stopped_may_begin_anew(app, field, folder, at):
    content = pdf(100_000)
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    attachment = announced(field.caller, content)
    hang(field.caller, visit, attachment)
    send(field.caller, attachment, content, 0, 40_000)

    at(field.now + WEEK)
    swept(app)

    assert files(folder) == []
    assert offset(field.caller, attachment) == (0, "?0")
    assert send(field.caller, attachment, content).json["status"] == "kept"


def test_what_a_crash_left_is_found(app, field, folder):
    kept = uploaded(field.caller, photo(side=60))
    for name in ("files/ab/abc.1", "pieces/x/1", "files/ab/1.unfinished"):
        stray = folder / name
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"x")
    (folder / "files/ab/young").write_bytes(b"x")
    for path in folder.rglob("*"):
        if path.name != "young":
            os.utime(path, (0, 0))

    told = swept(app, "--strays")

    assert "3 strays" in told
    assert (folder / "files/ab/young").exists()
    assert len(files(folder)) == 3
    assert download(field.caller, kept).status_code == 200


def test_a_store_that_is_away_says_so(app, field, folder):
    kept = uploaded(field.caller, pdf())
    attachment = announced(field.caller, photo(side=60))
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")

    replies = [send(field.caller, attachment, photo(side=60)), download(field.caller, kept)]

    for reply in replies:
        assert (reply.status_code, reply.json["code"]) == (503, "storage_unavailable")
        assert reply.headers["Retry-After"]
    folder.unlink()
    folder.with_name("away").rename(folder)
    assert send(field.caller, attachment, photo(side=60)).status_code == 200
