"""The front page of the API: where everything is."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from sms_core.shared.entities import Actor
from sms_django.api.authentication import actor_of
from sms_django.api.filters import refuse_unknown
from sms_django.api.permissions import ANYONE, LOGGED_IN, DeclaredPermission


class RootViewSet(viewsets.ViewSet):
    """Everything this API offers you, by subject. The documentation is at /api/docs/."""

    tag = "Start"
    permission_classes = [DeclaredPermission]
    lookup_url_kwarg_name = "pk"

    @classmethod
    def permission_for(cls, action: str | None) -> str | None:
        return None if action is None else LOGGED_IN

    @extend_schema(
        summary="What there is",
        responses={
            200: {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "format": "uri"},
                },
            }
        },
    )
    def index(self, request: Request) -> Response:
        refuse_unknown(request, frozenset())
        found: dict[str, dict[str, str]] = {}
        for pattern, view in _collections():
            if _may_use(view, actor_of(request)):
                label = str(pattern.pattern).strip("^$").rstrip("/")
                url = reverse(pattern.name, request=request)
                found.setdefault(view.cls.tag, {})[label] = url
        return Response(found)


def _collections() -> Iterator[tuple[Any, Any]]:
    """The paths that name no single thing, with their views."""
    # Imported when asked: the table of paths imports this module.
    for pattern in import_module("sms_django.api.urls").v1:
        route = str(pattern.pattern)
        if route and not {"<", "("} & set(route) and not route.endswith("bulk-delete/$"):
            yield pattern, pattern.callback


def _may_use(view: Any, actor: Actor) -> bool:
    codes = {view.cls.permission_for(action) for action in view.actions.values()}
    return any(code in {ANYONE, LOGGED_IN} or actor.may(str(code)) for code in codes)
