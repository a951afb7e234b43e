"""Attachments: the record syncs, the bytes travel apart and go on where they stopped."""

from __future__ import annotations

import pytest

from tests.attachments.files import pdf
from tests.mobile.factories import a_visit

pytestmark = pytest.mark.heavy

SIZE = 600_000


def test_bytes_go_on_where_they_stopped_and_both_phones_see_them_arrive(district):
    actor, (customer_id,) = district.manager(1)
    first, second = (district.phone(actor).sync() for _ in range(2))
    visit = first.create("visits", **a_visit(customer_id))
    file = district.folder / "offer.pdf"
    file.write_bytes(pdf(SIZE))
    noted = first.attach(visitId=visit["id"], file=str(file), kind="document", caption="Offer")
    first.upload()  # sends nothing: the server does not know of it yet
    assert first.pending() == [
        {"id": noted["id"], "name": "offer.pdf", "size": SIZE, "received": 0, "isKnown": False}
    ]
    first.sync()
    first.breaks("lost", "content", after=2)
    with pytest.raises(Exception, match="lost"):
        first.upload()
    first.killed()
    second.sync()
    assert 0 < second.rows("attachments")[noted["id"]]["received_bytes"] < SIZE

    first.upload()

    district.assert_converged(first, second)
    assert first.pending() == []
    assert second.rows("attachments")[noted["id"]]["status"] == "kept"
