"""What phones get is what the tables declare, byte for byte what the schemas would say."""

import gzip

import orjson
import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.pulling.schemas import PullSchema, row_schema
from crm_api.sync.tables import TABLES


def test_rows_are_the_bytes_that_the_schemas_give(whole, phone):
    changes = phone.pull()["changes"]

    for name, table in TABLES.items():
        pulled = sorted(changes[name]["updated"], key=lambda row: row["id"])
        columns = [table.id.label("id"), *(c.source.label(c.name) for c in table.columns)]
        named = sa.select(*columns).select_from(table.source).order_by(table.id)
        rows = db.session.execute(named.where(table.id.in_(r["id"] for r in pulled))).mappings()
        assert pulled, name
        assert orjson.dumps(pulled) == orjson.dumps(row_schema(table)(many=True).dump(rows)), name


def test_the_whole_answer_is_of_the_contract(whole, phone):
    answer = phone.pull()

    assert {*answer, "experimentalStrategy"} == set(PullSchema().fields)
    assert list(answer["changes"]) == list(TABLES)
    assert all(set(t) == {"created", "updated", "deleted"} for t in answer["changes"].values())


def test_numbers_and_documents_are_masked(whole, phone):
    reply = phone.ask()

    assert whole.customer.phone[3:] not in reply.text
    [row] = reply.json["changes"]["customers"]["updated"]
    assert row["phone"].startswith("+86139") or "*" in row["phone"]
    assert "*" in row["phone"]


def test_it_is_compressed_for_who_reads_that(whole, phone):
    plain = phone.ask()
    small = phone.ask(headers={"Accept-Encoding": "br, gzip"})
    refused = phone.ask(headers={"Accept-Encoding": "gzip;q=0"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < len(plain.data) / 2
    assert orjson.loads(gzip.decompress(small.data))["changes"] == plain.json["changes"]
    assert "Content-Encoding" not in refused.headers
    assert {r.headers["Vary"] for r in (plain, small)} == {"Accept-Encoding"}
