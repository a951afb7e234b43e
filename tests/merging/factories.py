"""Merges, made over HTTP as a manager makes them."""

from __future__ import annotations


def preview(caller, survivor, merged):
    """Ask what a merge would do, and return the reply."""
    body = {"survivor_id": survivor.id, "merged_id": merged.id}
    return caller.post("/v1/customer-merge-previews", json=body)


def merge(caller, survivor, merged, **changes):
    """Merge as the preview shows it, and return the reply."""
    shown = preview(caller, survivor, merged)
    assert shown.status_code == 200, shown.text
    body = {
        "survivor_id": survivor.id,
        "merged_id": merged.id,
        "survivor_version": shown.json["survivor_version"],
        "merged_version": shown.json["merged_version"],
        "reason": "The same person, entered twice.",
        **changes,
    }
    return caller.post("/v1/customer-merges", json=body)


def merged_into(caller, survivor, merged) -> dict:
    """Merge two who are one, and return the merge."""
    reply = merge(caller, survivor, merged)
    assert reply.status_code == 201, reply.text
    return reply.json


def undo(caller, merge_id):
    """Take a merge back, and return the reply."""
    return caller.put(f"/v1/customer-merges/{merge_id}/undo", json={"reason": "Two brothers."})
