"""Somebody who calls the API."""

from __future__ import annotations


class Caller:
    """A test client that bears a token."""

    def __init__(self, client, token: str) -> None:
        self.client = client
        self.token = token

    def open(self, method: str, path: str, headers=None, **kwargs):
        bearer = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(
            path, method=method, headers={**bearer, **(headers or {})}, **kwargs
        )

    def get(self, path: str, **kwargs):
        return self.open("GET", path, **kwargs)

    def post(self, path: str, **kwargs):
        return self.open("POST", path, **kwargs)

    def put(self, path: str, **kwargs):
        return self.open("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs):
        return self.open("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs):
        return self.open("DELETE", path, **kwargs)
