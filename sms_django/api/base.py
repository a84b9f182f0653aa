"""The base of all viewsets: parse, one service call, render. `BrandViewSet` is the example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Invalid, NotFound
from sms_django.api import filters
from sms_django.api.authentication import actor_of
from sms_django.api.once import FORM_PARAMETER, OnceMixin
from sms_django.api.permissions import LOGGED_IN, DeclaredPermission
from sms_django.api.serializers import (
    BulkDeletedSerializer,
    BulkDeleteSerializer,
    CoreSerializer,
    NothingSerializer,
    VersionSerializer,
)

_ID = re.compile(r"[1-9][0-9]{0,18}")
_IF_MATCH = re.compile(r'(?:W/)?"([1-9][0-9]{0,17})"')
_MAX_ID = 2**63 - 1


class CoreViewSet(OnceMixin, GenericViewSet[Any]):
    """A thing of the API.

    `resource` gives the permissions of the usual actions; `permissions` those of others, by the
    name of the method. `serializer_class` renders; what is read from a body is `inputs[action]`,
    or the same serializer when it is not named there. `parameters[action]` are the query
    parameters an action understands that is not in `questions`: those read their query string
    with `filters.read`. Actions in `idempotent` answer with `self.once(lambda: ...)`.
    """

    resource: ClassVar[str]
    permissions: ClassVar[Mapping[str, str]] = {}
    inputs: ClassVar[Mapping[str, type[CoreSerializer]]] = {}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    questions: ClassVar[frozenset[str]] = frozenset({"list"})
    list_filter: ClassVar[type[Any]]
    sort: ClassVar[type[Enum] | None] = None
    cost_orders: ClassVar[frozenset[str]] = frozenset()

    permission_classes = [DeclaredPermission]
    filter_backends = [filters.DeclaredFilters]
    lookup_value_regex = "[^/]+"
    lookup_url_kwarg_name = "pk"
    form: CoreSerializer | None = None

    _usual: ClassVar[Mapping[str, str]] = {
        "list": "view",
        "retrieve": "view",
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
        "restore": "delete",
        "bulk_delete": "delete",
    }

    @classmethod
    def permission_for(cls, action: str | None) -> str | None:
        """The permission code that an action takes; None: there is no such action here."""
        if action is None:
            return None
        if action in cls.permissions:
            return cls.permissions[action]
        if action == "metadata":
            return LOGGED_IN
        return f"{cls.resource}.{cls._usual[action]}"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and getattr(response, "lost_connection", False):
            # The pool has fresh connections now, and a read can be done again.
            response = super().dispatch(request, *args, **kwargs)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None or (self.action in self.questions and hasattr(self, "list_filter")):
            return  # there is no such action; or `filters.read` knows what it understands
        filters.refuse_unknown(request, self.other_parameters())

    def other_parameters(self) -> set[str]:
        """The query parameters that the action understands beside its filter."""
        allowed = set(self.parameters.get(self.action or "", ()))
        if self.action in self.questions and self.paginator is not None:
            allowed |= self.paginator.parameters
        if self.idempotent and self.request.auth is None:
            allowed.add(FORM_PARAMETER)  # the addresses of a page with forms carry it
        return allowed

    @property
    def actor(self) -> Actor:  # type: ignore[override]
        """Who is asking."""
        return actor_of(self.request)

    @property
    def id(self) -> int:
        """The id in the path; raises NotFound if it cannot be one."""
        text = self.kwargs["pk"]
        if not _ID.fullmatch(text) or int(text) > _MAX_ID:
            raise NotFound("There is nothing here.")
        return int(text)

    def withheld_orders(self) -> frozenset[str]:
        """By what this actor may not sort, since it would tell the costs."""
        return frozenset() if self.actor.may("cost.view") else self.cost_orders

    def get_object(self) -> None:
        """Nothing: the core looks things up. Only OPTIONS asks, to describe what PUT takes."""

    def get_serializer_class(self) -> Any:
        return self.inputs.get(self.action, self.serializer_class)

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if self.request is not None and self.request.user.is_authenticated:
            context["actor"] = self.actor
        return context

    def read(self, request: Request, *, partial: bool = False) -> Any:
        """The body as plain values, or as the command that its serializer names."""
        self.form = self.get_serializer(data=request.data, partial=partial)
        self.form.is_valid(raise_exception=True)
        return self.form.validated_data

    def render(self, thing: Any, status: int = 200, **headers: str) -> Response:
        """The answer that shows one thing."""
        serializer = self.serializer_class(thing, context=self.get_serializer_context())
        return Response(serializer.data, status=status, headers=headers)

    def render_page(self, page: Any) -> Response:
        """The answer that shows a page, or a stretch, of things."""
        context = self.get_serializer_context()
        serializer = self.serializer_class(page.items, many=True, context=context)
        return self.paginator.answer(self.request, page, serializer.data)

    def expected_version(self, values: dict[str, Any]) -> int | None:
        """Takes the version that the client saw out of the body, or from `If-Match`."""
        version: int | None = values.pop("version", None)
        header = self.request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            return version
        match = _IF_MATCH.fullmatch(header)
        if match is None or version not in {None, int(match[1])}:
            raise Invalid('If-Match must be the version in quotes, as in "3".', code="if_match")
        return int(match[1])


class ReadMixin:
    """Lists and shows what `service.search` and `service.get` give."""

    def list(self: Any, request: Request) -> Response:
        asked = self.paginator.asked(request)
        return self.render_page(
            self.service.search(filters.read(self, request), asked, by=self.actor)
        )

    def retrieve(self: Any, request: Request, pk: str) -> Response:
        return self.render(self.service.get(self.id, by=self.actor))


class WriteMixin:
    """Creates and changes with `create_command` and `change_command`, whose fields are those of
    the serializer; deletes."""

    def create(self: Any, request: Request) -> Response:
        values = self.read(request)
        values.pop("version", None)
        entity = self.service.create(self.create_command(**values), by=self.actor)
        location = self.reverse_action("detail", args=[entity.id])
        return self.render(entity, 201, Location=location)

    def update(self: Any, request: Request, pk: str) -> Response:
        return self._change(self.id, self.read(request))

    def partial_update(self: Any, request: Request, pk: str) -> Response:
        return self._change(self.id, self.read(request, partial=True))

    def destroy(self: Any, request: Request, pk: str) -> Response:
        id, version = self.id, self.expected_version(self.read(request))
        self.service.delete(id, version=version, by=self.actor)
        return Response(status=204)

    def _change(self: Any, id: int, values: dict[str, Any]) -> Response:
        version = self.expected_version(values)
        command = self.change_command(id=id, version=version, **values)
        return self.render(self.service.change(command, by=self.actor))


class RestoreMixin:
    """Brings deleted ones back."""

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self: Any, request: Request, pk: str) -> Response:
        """Bring a deleted one back; 409 if its name or code is taken by now."""
        id = self.id
        self.read(request)
        return self.render(self.service.restore(id, by=self.actor))


class BulkDeleteMixin:
    """Deletes many at once."""

    @extend_schema(request=BulkDeleteSerializer, responses=BulkDeletedSerializer)
    @action(detail=False, methods=["post"], url_path="bulk-delete")
    def bulk_delete(self: Any, request: Request) -> Response:
        """Delete those of the ids that exist and are not in use."""
        ids = self.read(request)["ids"]
        done = self.service.bulk_delete(ids, by=self.actor)
        return Response(BulkDeletedSerializer(done).data)


class MasterDataViewSet(ReadMixin, WriteMixin, RestoreMixin, CoreViewSet):
    """What the owner keeps lists of, over a `MasterDataService`."""

    service: Any
    create_command: ClassVar[type[Any]]
    change_command: ClassVar[type[Any]]
    common_inputs: ClassVar[Mapping[str, type[CoreSerializer]]] = {
        "restore": NothingSerializer,
        "destroy": VersionSerializer,
        "bulk_delete": BulkDeleteSerializer,
    }

    def get_serializer_class(self) -> Any:
        return self.common_inputs.get(self.action) or super().get_serializer_class()
