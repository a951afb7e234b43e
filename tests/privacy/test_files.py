"""The files of visits are handed over with the rest, and forgotten bytes and all."""

from __future__ import annotations

from dataclasses import replace

from crm_api import config
from tests.attachments.files import pdf, send, uploaded
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
