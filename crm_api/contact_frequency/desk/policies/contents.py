"""What a draft says, as a digest and field by field."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.contact_frequency.policies import phrases
from crm_api.contact_frequency.policies.rules import from_document, to_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def digest_of(
    *,
    key: str,
    scope_kind: str,
    scope_id: str,
    loosens: str | None,
    rule: Mapping[str, Any],
    is_retired: bool,
    effective_from: datetime | None,
    base_number: int,
) -> str:
    """Name a draft's content: whoever approves it approves what was simulated."""
    content = [key, scope_kind, scope_id, loosens, rule, is_retired, effective_from, base_number]
    written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(written).hexdigest()


def changes_between(
    before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the fields in which two versions differ, each with what it was and is.

    A version is its rule's fields and `is_retired`; where there is none before, every field that
    says something is new. Fields that an older version did not have yet count as what they mean
    today.
    """
    old, new = _whole(before), _whole(after)
    names = sorted(name for name in new if old.get(name) != new[name])
    return [{"field": name, "before": old.get(name), "after": new[name]} for name in names]


def _whole(version: Mapping[str, Any] | None) -> dict[str, Any]:
    if version is None:
        return {}
    rule = to_document(from_document(dict(version["rule"]), key=""))
    return {**as_written(rule), "is_retired": version["is_retired"]}


def as_written(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule as a draft writes it, hours as `08:00`: what was read may be sent back."""
    hours = {name: phrases.clock(rule[name]) for name in ("opens", "closes") if name in rule}
    return {**rule, **hours}
