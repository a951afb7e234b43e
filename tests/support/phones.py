"""A phone that syncs, as far as a test of the server needs one."""

from __future__ import annotations

from tests.factories.accounts import move_to


class Phone:
    """A device of somebody's, with the cursor that it was last given."""

    def __init__(self, caller, device_id="phone-1", *, app_version="1.0.0", schema_version=1):
        move_to(caller.token, device_id)
        self.caller = caller
        self.cursor = None
        self.schema_version = schema_version
        self.headers = {"X-Device-Id": device_id, "X-App-Version": app_version}

    def ask(self, *, headers=None, **changes):
        """Pull once, and return the reply without keeping its cursor."""
        query = {"last_pulled_at": self.cursor, "schema_version": self.schema_version, **changes}
        return self.caller.get(
            "/v1/sync/pull",
            query_string={name: value for name, value in query.items() if value is not None},
            headers={**self.headers, **(headers or {})},
        )

    def page(self, **changes) -> dict:
        """Pull one page, and go on from there the next time."""
        reply = self.ask(**changes)
        assert reply.status_code == 200, reply.json
        self.cursor = reply.json["timestamp"]
        return reply.json

    def pull(self, **changes) -> dict:
        """Pull until there is no more, and return what all pages said together."""
        whole = self.page(**changes)
        while whole["has_more"]:
            page = self.page(**changes)
            for name, there in page["changes"].items():
                merge(whole["changes"][name], there)
            whole["has_more"] = page["has_more"]
        return whole

    def poll(self, *, timeout=0):
        """Ask whether there is something new."""
        query = {"since": self.cursor or "", "timeout": timeout}
        reply = self.caller.get("/v1/sync/poll", query_string=query, headers=self.headers)
        assert reply.status_code == 200, reply.json
        return reply.json["has_news"]


def merge(changes: dict, later: dict) -> None:
    """Put what a later page says of a table in the place of what an earlier one said."""
    said = {record["id"] for record in later["updated"]} | set(later["deleted"])
    changes["updated"] = [r for r in changes["updated"] if r["id"] not in said] + later["updated"]
    changes["deleted"] = [i for i in changes["deleted"] if i not in said] + later["deleted"]


def ids(answer: dict, table: str) -> set[str]:
    """Return the records of a table that an answer brings."""
    return {record["id"] for record in answer["changes"][table]["updated"]}


def is_empty(answer: dict) -> bool:
    """Tell whether an answer brings nothing."""
    return not any(said for table in answer["changes"].values() for said in table.values())
