"""What the tests of imports share: small files, and the command."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.kit.db import db

HEADER = ("id", "name", "phone", "birthday", "plan", "monthly", "owner")
MAPPING = {
    "source": "old_crm",
    "fields": {
        "external_id": "id",
        "name": "name",
        "phone": "phone",
        "birth_on": "birthday",
        "plan_name": "plan",
        "plan_monthly_fen": {"column": "monthly", "derive": "minor_units"},
        "owner_login": "owner",
    },
}


def row(number, owner="owner1", **changes):
    """A row that may be taken."""
    cells = {
        "id": f"X{number}",
        "name": f"虚构{number}号",
        "phone": f"139000{number:05d}",
        "birthday": "1990-05-17",
        "plan": "畅享套餐",
        "monthly": "59.90",
        "owner": owner,
        **changes,
    }
    return [cells[name] for name in HEADER]


def csv_bytes(rows, *, header=HEADER, encoding="utf-8", delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows, *, header=HEADER, title="Customers"):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for cells in (header, *rows):
        sheet.append(list(cells))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


class Importer:
    """Runs the command on files of one folder."""

    def __init__(self, app, folder, *, login="boss"):
        self.app = app
        self.folder = folder
        self.login = login

    def run(self, content, *options, mapping=MAPPING, name="customers.csv"):
        file, meaning = self.folder / name, self.folder / "mapping.json"
        file.write_bytes(content)
        meaning.write_text(json.dumps(mapping), encoding="utf-8")
        arguments = ["customers", "import", file, "--mapping", meaning, "--as", self.login]
        result = self.app.test_cli_runner().invoke(args=[*map(str, arguments), *options])
        db.session.rollback()
        db.session.expire_all()
        return result

    def rejects(self, content, *options, **more):
        """Run, and return number and reasons of each rejected row."""
        target = self.folder / "rejects.csv"
        result = self.run(content, "--rejects", str(target), *options, **more)
        assert result.exit_code == 0, result.output
        with target.open(encoding="utf-8-sig", newline="") as file:
            return [(int(r["row_number"]), r["reasons"], r) for r in csv.DictReader(file)]


def customers():
    """All customers by name, read anew."""
    found = db.session.scalars(sa.select(Customer).order_by(Customer.name)).all()
    db.session.rollback()
    return found
