"""A folder and a bucket keep the same promises; the bucket is a real server's, spoken to in S3."""

from __future__ import annotations

import io
import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from crm_api import config
from crm_api.attachments.errors import StorageUnavailable
from crm_api.attachments.stores import current_store
from tests.attachments.files import announced, download, offset, pdf, photo, send, uploaded
from tests.factories.accounts import make_staff

pytestmark = pytest.mark.one_engine

LATER = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, monkeypatch):
    """A bucket of its own for a test, and a caller's prefix in it."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "cn-north-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"crm-{uuid.uuid4().hex}"
    where = {"LocationConstraint": "cn-north-1"}
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return f"s3://{name}/attachments"


@pytest.fixture(params=["folder", "bucket"])
def store(app, request, tmp_path):
    place = str(tmp_path) if request.param == "folder" else request.getfixturevalue("bucket")
    config.configure(replace(config.current(), attachments=place))
    return current_store()


def test_an_object_is_read_from_anywhere(store):
    content = os.urandom(700_000)

    store.put("files/ab/1", io.BytesIO(content))

    with store.open("files/ab/1") as file:
        assert file.read(10) == content[:10]
        assert file.seek(600_000) == 600_000
        assert file.read(10) == content[600_000:600_010]
        assert file.seek(-5, io.SEEK_END) == 699_995
        assert file.read() == content[-5:]
        assert file.read(1) == b""
        file.seek(0)
        assert file.read() == content


def test_objects_are_listed_by_age_and_go_once(store):
    for name in ("files/ab/1", "pieces/x/2"):
        store.put(name, io.BytesIO(b"x"))

    assert sorted(store.keys_before(LATER)) == ["files/ab/1", "pieces/x/2"]
    assert list(store.keys_before(datetime.now(UTC) - timedelta(hours=1))) == []
    store.delete("files/ab/1")
    store.delete("files/ab/1")
    assert list(store.keys_before(LATER)) == ["pieces/x/2"]


def test_what_is_missing_is_told_before_an_answer_begins(store):
    with pytest.raises(StorageUnavailable):
        store.open("files/ab/none")


@pytest.mark.parametrize("store", ["bucket"], indirect=True)
def test_the_whole_way_leads_through_a_bucket(app, store, sign_in):
    caller = sign_in(make_staff())
    content = pdf(100_000)
    attachment = announced(caller, content)

    send(caller, attachment, content, 0, 40_000)
    assert offset(caller, attachment) == (40_000, "?0")
    assert send(caller, attachment, content, 40_000).json["status"] == "kept"
    taken = uploaded(caller, photo(side=100))

    assert download(caller, attachment).data == content
    part = download(caller, attachment, Range="bytes=99000-99999")
    assert (part.status_code, part.data) == (206, content[99_000:])
    assert download(caller, taken, "thumbnail").status_code == 200
    for each in (attachment, taken):
        assert caller.delete(f"/v1/attachments/{each['id']}").status_code == 204
    swept = app.test_cli_runner().invoke(args=["attachments", "sweep"])
    assert "4 objects are gone" in swept.output
    assert list(store.keys_before(LATER)) == []


@pytest.mark.parametrize("store", ["bucket"], indirect=True)
def test_a_bucket_that_is_away_says_so(app, store, sign_in):
    caller = sign_in(make_staff())
    attachment = announced(caller, pdf())
    config.configure(replace(config.current(), attachments="s3://no-such-bucket-anywhere"))

    reply = send(caller, attachment, pdf())

    assert (reply.status_code, reply.json["code"]) == (503, "storage_unavailable")
    assert offset(caller, attachment) == (0, "?0")
