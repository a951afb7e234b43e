import csv
import io
import json

import pytest

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.kit.db import db
from tests.customers.imports import MAPPING, csv_bytes, customers, row, xlsx_bytes
from tests.factories.accounts import make_staff, make_team
from tests.support import databases

PATH = "/v1/customer-imports"
TEXT = json.dumps(MAPPING)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def boss(team, sign_in):
    make_staff(team=team, login="owner1")
    return sign_in(make_staff(role=Role.MANAGER, team=team))


def upload(caller, content, *, mapping=TEXT, query="", **more):
    form = {"file": (io.BytesIO(content), "customers.csv"), "mapping": mapping}
    return caller.post(f"{PATH}?{query}", data=form, content_type="multipart/form-data", **more)


def work(app):
    result = app.test_cli_runner().invoke(args=["customers", "work-imports"])
    db.session.rollback()
    db.session.expire_all()
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_is_accepted_worked_off_and_reported(app, boss):
    reply = upload(boss, csv_bytes([row(1), row(2, phone="1"), row(3)]))

    assert reply.status_code == 202
    assert reply.json["status"] == "received"
    assert customers() == []
    assert work(app) == "Worked off 3 rows.\n"
    shown = boss.get(f"{PATH}/{reply.json['id']}").json
    counts = ("rows", "done", "created", "updated", "unchanged", "rejected")
    assert [shown[name] for name in counts] == [3, 3, 2, 0, 0, 1]
    assert (shown["status"], shown["failure"], shown["source"]) == ("finished", None, "old_crm")
    assert len(customers()) == 2


def test_the_body_itself_may_be_the_file(app, boss):
    for content, kind in ((csv_bytes([row(1)]), "text/csv"), (xlsx_bytes([row(2)]), XLSX)):
        query = {"mapping": TEXT, "file_name": "x"}
        reply = boss.post(PATH, data=content, content_type=kind, query_string=query)
        assert reply.status_code == 202, reply.json

    work(app)

    assert len(customers()) == 2


def test_the_rejects_are_a_file(app, boss):
    reply = upload(boss, csv_bytes([row(1), row(2, name="=1+1", phone="1")]))
    work(app)

    rejects = boss.get(f"{PATH}/{reply.json['id']}/rejects")

    assert rejects.content_type.startswith("text/csv")
    (found,) = csv.DictReader(io.StringIO(rejects.data.decode("utf-8-sig")))
    assert (found["row_number"], found["name"]) == ("3", "'=1+1")
    assert found["reasons"] == "phone: this is not a phone number"
    rejects.close()


def test_the_same_file_sent_twice_is_one_import(app, boss):
    content = csv_bytes([row(1)])
    first, second = upload(boss, content).json["id"], upload(boss, content).json["id"]
    work(app)

    third = upload(boss, content).json["id"]

    assert first == second != third  # what is finished may be sent anew, and changes nothing
    work(app)
    assert boss.get(f"{PATH}/{third}").json["unchanged"] == 1


def test_a_repeated_key_gives_the_first_answer(app, boss):
    headers = {"Idempotency-Key": "one"}
    send = {"data": csv_bytes([row(1)]), "content_type": "text/csv", "headers": headers}
    query = {"mapping": TEXT}
    first = boss.post(PATH, query_string=query, **send)
    work(app)

    second = boss.post(PATH, query_string=query, **send)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_dry_run_stores_no_customer(app, boss):
    reply = upload(boss, csv_bytes([row(1), row(2, phone="1")]), query="is_dry_run=true")

    work(app)

    shown = boss.get(f"{PATH}/{reply.json['id']}").json
    assert (shown["created"], shown["rejected"], shown["is_dry_run"]) == (1, 1, True)
    assert customers() == []


def test_a_file_that_is_no_table_is_given_up_with_the_reason(app, boss):
    reply = upload(boss, b"PK\x03\x04 not a workbook")

    work(app)

    shown = boss.get(f"{PATH}/{reply.json['id']}").json
    assert shown["status"] == "failed"
    assert "damaged" in shown["failure"]


def test_an_importer_who_lost_the_role_brings_nobody_in(app, team, sign_in):
    make_staff(team=team, login="owner1")
    actor = make_staff(role=Role.MANAGER, team=team)
    caller = sign_in(actor)
    reply = upload(caller, csv_bytes([row(1)]))
    _demote(actor)

    work(app)

    admin = sign_in(make_staff(role=Role.ADMIN))
    assert admin.get(f"{PATH}/{reply.json['id']}").json["rejected"] == 1
    assert customers() == []


def _demote(actor):
    from crm_api.accounts.models import Staff
    from crm_api.kit.transactions import transaction

    with transaction():
        db.session.get(Staff, actor.id).role = Role.ACCOUNT_MANAGER


def test_others_imports_do_not_exist(app, boss, sign_in):
    import_id = upload(boss, csv_bytes([row(1)])).json["id"]
    rival, auditor = (sign_in(make_staff(role=r)) for r in (Role.MANAGER, Role.AUDITOR))

    for path in (f"{PATH}/{import_id}", f"{PATH}/{import_id}/rejects"):
        assert rival.get(path).status_code == 404
        shown = auditor.get(path)
        assert (shown.status_code, len(shown.data) > 0) == (200, True)
        shown.close()
    assert rival.get(PATH).json["items"] == []
    assert [i["id"] for i in boss.get(PATH).json["items"]] == [import_id]


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_only_managers_and_admins_send_files(sign_in, app, role):
    assert upload(sign_in(make_staff(role=role)), csv_bytes([])).status_code == 403


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ("", "/mapping"),
        ("[]", "/mapping"),
        (json.dumps({**MAPPING, "source": ""}), "/mapping/source"),
        (
            json.dumps({**MAPPING, "fields": {**MAPPING["fields"], "name": {"salt": "x"}}}),
            "/mapping/fields/name/value",
        ),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_at_once(boss, mapping, pointer):
    reply = upload(boss, csv_bytes([row(1)]), mapping=mapping)

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == pointer


def test_what_is_no_file_is_refused(boss):
    query = {"mapping": TEXT}
    as_json = boss.post(PATH, json={}, query_string=query)
    empty = boss.post(PATH, data=b"", content_type="text/csv", query_string=query)
    form = boss.post(PATH, data={"mapping": TEXT}, content_type="multipart/form-data")
    mapping = boss.post(PATH, data=b"x", content_type="text/csv", query_string={"mapping": "{"})

    assert as_json.status_code == 415
    assert (empty.status_code, empty.json["code"]) == (422, "import_file_refused")
    assert form.json["errors"][0]["pointer"] == "/file"
    assert (mapping.status_code, mapping.json["code"]) == (400, "malformed_json")


def test_this_route_takes_larger_bodies_than_others_and_no_larger(app, boss, database_url):
    settings = databases.settings_for(database_url, max_import_bytes=3_000_000)
    config.configure(settings)
    query = {"mapping": TEXT}

    def send(size, **more):
        content = b"x" * size
        return boss.post(PATH, data=content, content_type="text/csv", query_string=query, **more)

    assert send(settings.max_body_bytes + 1).status_code == 202
    assert send(3_000_001).status_code == 413
    assert send(3_000_001, headers={"Idempotency-Key": "k"}).status_code == 413
    other = boss.post("/v1/customers", data=b"x" * (settings.max_body_bytes + 1))
    assert other.status_code in (413, 415)
