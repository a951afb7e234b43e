"""What a stranger may send; none of it may crash, hang, swell, or stop the other rows."""

import io
import zipfile

import pytest

from crm_api.accounts.models import Role
from crm_api.customers.imports.errors import FileRefused
from crm_api.customers.imports.policies.mapping import FileMapping
from crm_api.customers.imports.tables import open_table, xlsx_table
from tests.customers.imports import Importer, csv_bytes, customers, row, xlsx_bytes
from tests.factories.accounts import make_staff, make_team

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:XFD1048576"/><sheetData>{}</sheetData></worksheet>'
)
CELL = '<row r="{}"><c r="{}" t="inlineStr"><is><t>{}</t></is></c></row>'


@pytest.fixture
def importer(app, tmp_path):
    team = make_team()
    make_staff(team=team, login="owner1")
    make_staff(role=Role.MANAGER, team=team, login="boss")
    return Importer(app, tmp_path)


def table(content):
    header, rows = open_table(io.BytesIO(content), mapping=FileMapping(source="x", fields={}))
    return header, list(rows)


def workbook_with(**members):
    """A true workbook in which some members are replaced or added."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_bytes([row(1)]))) as old,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, member in members.items():
            new.writestr(name, member)
    return content.getvalue()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "虚\x00构"}, "cell 2 holds control characters"),
        ({"name": "a\x07b"}, "cell 2 holds control characters"),
        ({"plan": "x" * 2_001}, "cell 5 is longer than 2000 characters"),
        ({"name": "x" * 101}, "name: longer than 100 characters"),
        ({"monthly": "1e999999999"}, "plan_monthly_fen: this amount is too large"),
        ({"monthly": "NaN"}, "plan_monthly_fen: this amount is too large"),
        ({"monthly": "ten"}, "plan_monthly_fen: this is not an amount of money"),
        ({"birthday": "0001-01-01"}, "birth_on: give a day between 1900 and 2199"),
        ({"phone": "9" * 1_000}, "phone: this is not a phone number"),
    ],
)
def test_a_poisoned_row_is_rejected_alone(importer, changes, reason):
    rejects = importer.rejects(csv_bytes([row(1), row(2, **changes), row(3)]))

    assert [(number, reasons) for number, reasons, _ in rejects] == [(3, reason)]
    assert [c.name for c in customers()] == ["虚构1号", "虚构3号"]


def test_a_field_beyond_reason_is_rejected_and_the_rest_read(importer):
    content = csv_bytes([row(1), row(2, plan="x" * 140_000), row(3)])

    rejects = importer.rejects(content)

    assert [number for number, _, _ in rejects] == [3]
    assert "cannot be read" in rejects[0][1]
    assert len(customers()) == 2


def test_an_endless_line_is_rejected_in_pieces(importer):
    content = csv_bytes([row(1)]) + b"a," * 300_000 + b"\n" + csv_bytes([row(2)]).split(b"\n", 1)[1]

    result = importer.run(content)

    assert "2 created" in result.output
    assert result.exit_code == 0


def test_an_open_quote_does_not_swallow_the_file_in_silence(importer):
    content = csv_bytes([row(1)]) + b'X2,"open\n' + csv_bytes([row(3)]).split(b"\n", 1)[1]

    rejects = importer.rejects(content)

    assert len(rejects) == 1
    assert len(customers()) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"id,name\n\xff\xff\xff\n", "neither UTF-8 nor GB18030"),
        (b"", "first row must name"),
        (b"\n\n\n", "first row must name"),
        (b"," * 300, "first row must name"),
        ((b"c%d," * 300) % tuple(range(300)), "first row must name"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
    ],
)
def test_what_is_no_table_is_refused(content, message):
    with pytest.raises(FileRefused, match=message):
        table(content)


def test_a_workbook_that_declares_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(xlsx_table, "MAX_UNPACKED", 100_000)

    with pytest.raises(FileRefused, match="unpacks to more"):
        table(workbook_with(**{"xl/bomb.xml": b"\0" * 200_000}))


def test_a_workbook_that_declares_less_than_it_holds_is_refused():
    content = bytearray(workbook_with(**{"xl/bomb.xml": b"\0" * 200_000}))
    at = content.rfind(b"xl/bomb.xml") - 46 + 24  # the size that the central directory states
    content[at : at + 4] = (10).to_bytes(4, "little")

    with pytest.raises(FileRefused, match="damaged"):
        table(bytes(content))


def test_too_many_members_are_refused():
    with pytest.raises(FileRefused, match="unpacks to more"):
        table(workbook_with(**{f"x{n}": b"" for n in range(501)}))


def test_shared_texts_that_would_fill_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr(xlsx_table, "MAX_SHARED_TEXTS", 1_000)

    with pytest.raises(FileRefused, match="unpacks to more"):
        table(workbook_with(**{"xl/sharedStrings.xml": b"<sst>" + b" " * 2_000 + b"</sst>"}))


def test_entities_are_not_expanded():
    with pytest.raises(FileRefused):
        table(workbook_with(**{"xl/worksheets/sheet1.xml": BILLION_LAUGHS}))


def test_a_zip_that_is_no_workbook_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")

    with pytest.raises(FileRefused, match="not a workbook"):
        table(content.getvalue())


def test_dimensions_that_lie_cost_nothing():
    sheet = SHEET.format(CELL.format(1, "A1", "id") + CELL.format(2, "A2", "X1"))

    header, rows = table(workbook_with(**{"xl/worksheets/sheet1.xml": sheet}))

    assert header == ["id"]
    assert [r.cells for r in rows] == [["X1"]]


def test_a_row_at_the_end_of_the_world_is_not_waited_for():
    far = CELL.format(1_999_999_999, "A1999999999", "X1")
    sheet = SHEET.format(CELL.format(1, "A1", "id") + far)

    with pytest.raises(FileRefused, match="empty rows"):
        table(workbook_with(**{"xl/worksheets/sheet1.xml": sheet}))


def test_a_damaged_sheet_fails_the_import_and_takes_no_row(importer):
    sheet = SHEET.format(CELL.format(1, "A1", "id"))[:-20]

    result = importer.run(workbook_with(**{"xl/worksheets/sheet1.xml": sheet}))

    assert result.exit_code == 1
    assert "Error" in result.output
    assert customers() == []
