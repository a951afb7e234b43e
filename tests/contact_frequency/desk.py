"""The desk over HTTP: a change is drafted by one, simulated, and approved by another."""

from __future__ import annotations

WEEK = 7 * 86_400


def a_rule(**changes):
    return {
        "kind": "rolling",
        "strength": "hard",
        "categories": ["care", "marketing", "service"],
        "limit": 1,
        "seconds": WEEK,
        **changes,
    }


def policy_of(caller, key="total_7_days"):
    items = caller.get("/v1/frequency-policies?limit=200").json["items"]
    return next(item for item in items if item["key"] == key)


def draft_of(caller, key="total_7_days", **changes):
    """Draft a change of a policy; return the reply."""
    body = {"rule": a_rule(), "reason": "quieter spring", **changes}
    return caller.post(f"/v1/frequency-policies/{policy_of(caller, key)['id']}/drafts", json=body)


def simulated(caller, draft):
    reply = caller.put(f"/v1/policy-drafts/{draft['id']}/simulation")
    assert reply.status_code == 200, reply.text
    return reply.json


def approve(caller, draft, *, version=None, reason="agreed"):
    return caller.put(
        f"/v1/policy-drafts/{draft['id']}/approval",
        json={"reason": reason},
        headers={"If-Match": f'"{version or draft["version"]}"'},
    )


def changed(author, approver, key="total_7_days", **changes):
    """Take a change all the way; return the approved draft."""
    reply = draft_of(author, key, **changes)
    assert reply.status_code == 201, reply.text
    simulated(author, reply.json)
    done = approve(approver, reply.json)
    assert done.status_code == 200, done.text
    return done.json
