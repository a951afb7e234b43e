"""The files of visits are handed over with the rest, and forgotten bytes and all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from crm_api import config
from tests.attachments.files import pdf, send, uploaded
from tests.factories.visits import planned, step
from tests.privacy.conftest import MARK, NAME, ok, traces_left
from tests.privacy.test_erasures import erased


def test_what_hangs_on_their_visits_goes_bytes_and_all(app, known, tmp_path):
    config.configure(replace(config.current(), attachments=str(tmp_path)))
    file = uploaded(known.caller, pdf(), file_name=f"{MARK}.pdf")
    said = {"kind": "signature", "signed_by": NAME, "caption": MARK}
    ok(known.caller.put(f"/v1/visits/{known.visit['id']}/attachments/{file['id']}", json=said))
    export = ok(known.lead.post(f"{known.path}/data-exports", json={"reason": "Asked by letter."}))
    assert export["tables"]["visit_attachments"][0]["signed_by"] == NAME
    assert export["tables"]["attachments"][0]["id"] == file["id"]

    erased(known)
    swept = app.test_cli_runner().invoke(args=["attachments", "sweep"])

    assert swept.exit_code == 0, swept.output
    assert traces_left() == set()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert known.lead.get(f"/v1/attachments/{file['id']}").status_code == 404
    assert send(known.caller, file, pdf()).status_code == 404


def test_no_stored_answer_outlives_them(known, moment):
    key, at = {"Idempotency-Key": "kept"}, moment + timedelta(days=40)
    who, own = SimpleNamespace(id=known.id), [{"id": "o-9", "text": "x"}]
    visit = planned(known.caller, who, starts_at=at, objectives=own)
    path = f"/v1/visits/{visit['id']}"
    ok(known.caller.post(f"{path}/notes", json={"text": MARK}, headers=key))
    ok(known.caller.post(f"{path}/briefs", headers=key))
    told = {"file_name": f"{MARK}.pdf", "digest": "a" * 64, "byte_size": 9}
    file = ok(known.caller.post("/v1/attachments", json=told, headers=key))
    ok(known.caller.put(f"{path}/attachments/{file['id']}", json={"kind": "photo"}))
    ok(step(known.caller, visit, "cancellation", by="us", reason="x"))

    erased(known)

    assert traces_left() == set()
