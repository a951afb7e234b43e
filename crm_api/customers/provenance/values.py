"""Where a fact came from."""

from __future__ import annotations

from dataclasses import dataclass

from crm_api.customers.provenance.terms import Origin


@dataclass(frozen=True, slots=True)
class Source:
    """A way, and the record that tells more: the visit, the import, the job, who was merged."""

    origin: Origin = Origin.ENTRY
    record_id: str | None = None


BY_HAND = Source()
