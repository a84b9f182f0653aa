"""What drf-spectacular cannot see by itself: our inputs, errors, headers and tags."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from sms_django.api.filters import DeclaredFilters
from sms_django.api.permissions import ANYONE

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description='The version you saw, in quotes: `"3"`. If it is not the current one: 412.',
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description="A name for this order, new for each (such as a UUID). Sent again with the same "
    "key, for example after a lost connection, it is carried out once and answered the same.",
)
_SUMMARIES = {
    "retrieve": "Show a {}",
    "create": "Create a {}",
    "update": "Replace a {}",
    "partial_update": "Change a {}",
    "destroy": "Delete a {}",
    "restore": "Restore a deleted {}",
    "bulk_delete": "Delete several at once",
}
_ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why the request was refused (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "instance", "errors"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/duplicate"]},
        "title": {"type": "string", "examples": ["Conflict"]},
        "status": {"type": "integer", "examples": [409]},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "A sentence, for people."},
        "instance": {"type": "string", "examples": ["/api/v1/brands/"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["/lines/1/quantity"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class CoreAutoSchema(AutoSchema):
    """Reads our viewsets: what they take (`inputs`) is not always what they answer."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "Other")]

    def get_summary(self) -> str | None:
        action = getattr(self.view, "action", "")
        thing = getattr(self.view, "resource", "").replace("_", " ")
        if action == "list":
            return f"List {self.path.strip('/').rsplit('/', 1)[-1].replace('-', ' ')}"
        if thing and action in _SUMMARIES:
            return _SUMMARIES[action].format(thing)
        return str(action).replace("_", " ").capitalize() or None

    def map_parsers(self) -> list[Any]:
        # Forms are for browsers; programs send JSON, or files.
        types: list[Any] = super().map_parsers()
        return ["application/json"] if "application/json" in types else types

    def get_response_serializers(self) -> Any:
        if hasattr(self.view, "inputs"):
            return self.view.serializer_class
        return super().get_response_serializers()

    def get_filter_backends(self) -> list[Any]:
        return super().get_filter_backends() if hasattr(self.view, "list_filter") else []

    def get_override_parameters(self) -> list[Any]:
        action = getattr(self.view, "action", None)
        found: list[Any] = list(super().get_override_parameters())
        if action in {"update", "partial_update", "destroy"}:
            found.append(IF_MATCH)
        if action in getattr(self.view, "idempotent", ()):
            found.append(IDEMPOTENCY_KEY)
        if action != "list" and action in getattr(self.view, "questions", ()):
            found += self._question()
        return found

    def _question(self) -> list[OpenApiParameter]:
        """The query string of what is asked like a list and answered otherwise."""
        described = DeclaredFilters().get_schema_operation_parameters(self.view)
        if self.view.paginator is not None:
            described += self.view.paginator.get_schema_operation_parameters(self.view)
        return [
            OpenApiParameter(
                each["name"],
                each["schema"],
                required=each["required"],
                description=each["description"],
            )
            for each in described
        ]

    def get_auth(self) -> list[dict[str, Any]]:
        permission_for = getattr(self.view, "permission_for", None)
        if permission_for and permission_for(self.view.action) == ANYONE:
            return [{}]
        return super().get_auth()


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation the problem as its answer to whatever goes wrong, and ids a range."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    answer = {
        "description": "Refused; `code` and `errors` say why.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    _name_types_once(result["components"]["schemas"])
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = answer
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] == "id":
                    parameter["schema"] = _ID
    return result


def _name_types_once(schema: Any) -> None:
    """A cost may be null by itself and by `allow_null`; JSON Schema takes each type once."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), list):
            schema["type"] = list(dict.fromkeys(schema["type"]))
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            _name_types_once(part)
