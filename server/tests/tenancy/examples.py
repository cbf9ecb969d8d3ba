"""Request bodies made from the API's own description, with somebody else's ids wherever an id may stand."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


class Examples:
    """Bodies for an OpenAPI document. `ids` are tried in turn wherever a UUID is asked for."""

    def __init__(self, document: Schema, ids: list[str]) -> None:
        self._document = document
        self._ids = ids
        self._at = 0

    def body(self, operation: Schema) -> Any:
        """An example of the operation's JSON body; None where it takes none."""
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return self._value(schema) if schema else None

    def mentions_ids(self, operation: Schema) -> bool:
        """Whether the body may name things by id."""
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return schema is not None and any(True for _ in self._uuids(schema))

    def _value(self, schema: Schema, depth: int = 0) -> Any:  # noqa: PLR0911 - one for each kind of value
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(next((one for one in choices if one.get("type") != "null"), choices[0]), depth)
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return [self._value(schema.get("items", {}), depth + 1)] * max(1, schema.get("minItems", 1))
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return False
            case "string":
                return self._string(schema)
            case _:
                return None

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        properties: dict[str, Schema] = schema.get("properties", {})
        return {
            name: self._value(inner, depth + 1)
            for name, inner in properties.items()
            if name in required or (depth < 4 and any(True for _ in self._uuids(inner)))
        }

    def _string(self, schema: Schema) -> str:
        match schema.get("format"):
            case "uuid":
                self._at += 1
                return self._ids[self._at % len(self._ids)]
            case "date-time":
                return "2030-01-01T00:00:00Z"
            case "email":
                return "somebody@example.com"
            case _:
                return "example text"[: schema.get("maxLength", 12)].ljust(schema.get("minLength", 0), "x")

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _uuids(self, schema: Schema, depth: int = 0) -> Iterator[Schema]:
        schema = self._resolved(schema)
        if schema.get("format") == "uuid":
            yield schema
        if depth > 6:
            return
        inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if "items" in schema:
            inner.append(schema["items"])
        for one in inner:
            yield from self._uuids(one, depth + 1)
