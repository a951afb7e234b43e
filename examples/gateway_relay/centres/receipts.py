"""What SMPP's deliver_sm brings: receipts, and what customers write."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from smpplib import consts, gsm

from gateway_relay.logs import warn

if TYPE_CHECKING:
    from gateway_relay.journal import Journal

IS_RECEIPT: Final = 0x04
HAS_HEADER: Final = 0x40
MESSAGE_ID: Final = re.compile(r"\bid:\s*(\S+)")
STATE: Final = re.compile(r"\bstat:\s*([A-Z]+)")
# SMPP 3.4, 5.2.28 and appendix B.
STATES: Final[dict[int | str, str]] = {
    1: "submitted",
    2: "delivered",
    3: "undelivered",
    4: "undelivered",
    5: "undelivered",
    6: "submitted",
    8: "rejected",
    "ENROUTE": "submitted",
    "ACCEPTD": "submitted",
    "DELIVRD": "delivered",
    "EXPIRED": "undelivered",
    "DELETED": "undelivered",
    "UNDELIV": "undelivered",
    "REJECTD": "rejected",
}


def take_deliver_sm(pdu: Any, journal: Journal) -> None:
    """Keep what a deliver_sm brings. Once this returns, it is on disk."""
    if (pdu.esm_class or 0) & IS_RECEIPT:
        _take_receipt(pdu, journal)
    else:
        _take_inbound(pdu, journal)


def _take_receipt(pdu: Any, journal: Journal) -> None:
    text = _body(pdu).decode("latin-1")
    provider_id, said = _field(pdu.receipted_message_id, MESSAGE_ID, text), STATE.search(text)
    known = pdu.message_state or (said[1] if said else "")
    status = STATES.get(known)
    if not provider_id or not status:
        warn("receipt_not_understood", provider_id=provider_id, state=known)
        return
    message_id, part, parts = journal.find_part(provider_id) or (None, 1, 1)
    report_id = f"{provider_id}.{known}"[:128]
    report = {
        "report_id": report_id,
        "message_id": message_id,
        "provider_id": provider_id,
        "part": part,
        "parts": parts,
        "status": status,
        # Without the end: centres repeat there how the text begins.
        "raw": re.sub(r"[\x00-\x1f\x7f]", " ", re.split(r"(?i)\btext:", text)[0])[:500],
        "at": _now(),
    }
    journal.keep("reports", report_id, report)


def _field(value: Any, pattern: re.Pattern[str], text: str) -> str:
    if value:
        return bytes(value).decode("latin-1").strip("\0")
    found = pattern.search(text)
    return found[1] if found else ""


def _take_inbound(pdu: Any, journal: Journal) -> None:
    body = _body(pdu)
    if (pdu.esm_class or 0) & HAS_HEADER and body:
        body = body[body[0] + 1 :]  # the CRM reads each part for itself
    # SMPP gives a customer's message no id, and may bring one twice: twice told is harmless.
    inbound_id = f"smpp-{uuid.uuid4().hex}"
    inbound = {
        "inbound_id": inbound_id,
        "from": _address(pdu.source_addr, pdu.source_addr_ton),
        "to": pdu.destination_addr.decode("latin-1"),
        # Some phones end a text with NUL, for which the CRM would refuse the customer's word.
        "text": _decode(body, pdu.data_coding).replace("\0", "")[:2000],
        "received_at": _now(),
    }
    journal.keep("inbound", inbound_id, inbound)


def _address(address: bytes, ton: int) -> str:
    number = address.decode("latin-1")
    return f"+{number}" if ton == consts.SMPP_TON_INTL and number.isdigit() else number


def _body(pdu: Any) -> bytes:
    return pdu.short_message or pdu.message_payload or b""


def _decode(body: bytes, data_coding: int | None) -> str:
    if data_coding == consts.SMPP_ENCODING_ISO10646:
        return body.decode("utf-16-be", "replace")
    if data_coding == consts.SMPP_ENCODING_ISO88591:
        return body.decode("latin-1")
    return "".join(gsm.GSM_CHARACTER_TABLE[byte & 0x7F] for byte in body)


def _now() -> str:
    return datetime.now(UTC).isoformat()
