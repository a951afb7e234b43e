"""The API document as tests read it: operations, and bodies that would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask

METHODS = ("get", "post", "put", "patch", "delete")
BY_FORMAT = {
    "date": "2026-03-03",
    "date-time": "2026-03-03T02:00:00Z",
    "time": "10:00",
    "phone": "+8613900001234",
    "uuid": "00000000-0000-7000-8000-000000000000",
    "email": "nobody@example.invalid",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    document: dict[str, Any]
    root: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def is_for_machines(self) -> bool:
        return any("client_key" in s for s in self.document.get("security", []))

    @property
    def is_public(self) -> bool:
        return not self.document.get("security")

    @property
    def body_schema(self) -> dict[str, Any] | None:
        content = self.document.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return resolve(schema, self.root) if schema else None

    @property
    def query_names(self) -> list[str]:
        parameters = [resolve(p, self.root) for p in self.document.get("parameters", [])]
        return [p["name"] for p in parameters if p["in"] == "query"]

    def url(self, **ids: str) -> str:
        """Return the path with these ids; an id not named is one that nobody has."""
        path = self.path
        while "{" in path:
            name = path[path.index("{") + 1 : path.index("}")]
            path = path.replace("{" + name + "}", ids.get(name, _nobodys(name)))
        return path


def _nobodys(name: str) -> str:
    day = "2026-03-03"
    known = {"year": "2027", "number": "1", "day": day, "date": day, "on": day, "tier": "gold"}
    return known.get(name, "nobody-has-this-id")


def document_of(app: Flask) -> dict[str, Any]:
    """Return the API document as the code makes it now."""
    return app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return every operation, in the document's order."""
    return [
        Operation(method, path, item[method], document)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to what it names."""
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def example(schema: dict[str, Any], root: dict[str, Any], *, depth: int = 0) -> Any:
    """Return a value of the shape that a schema asks for: what is required, and nothing else."""
    schema = resolve(schema, root)
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return example(schema[name][0], root, depth=depth)
    if "example" in schema:
        return schema["example"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = next((k for k in kind if k != "null"), "string") if isinstance(kind, list) else kind
    if kind == "object":
        wanted = schema.get("required", [])
        properties = schema.get("properties", {})
        return {n: example(properties[n], root, depth=depth + 1) for n in wanted}
    if kind == "array":
        many = max(1, schema.get("minItems", 1))
        return [example(schema.get("items", {}), root, depth=depth + 1)] * many
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return BY_FORMAT.get(schema.get("format", ""), "some text")
