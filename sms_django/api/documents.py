"""What all documents share over HTTP: their lists, their lines, what may be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sms_core.stock.documents import Settled
from sms_core.stock.kinds import Kind
from sms_django.api.base import CoreViewSet, MasterDataViewSet
from sms_django.api.fields import (
    ChoiceField,
    DateTimeField,
    IdField,
    NameField,
    OptionalNameField,
    TextField,
)
from sms_django.api.references import VARIANT, ReferenceField
from sms_django.api.schema import IF_MATCH, CoreAutoSchema
from sms_django.api.serializers import HIDDEN, CoreSerializer, NothingSerializer, RecordSerializer
from sms_django.api.stock_orders import (
    PREVIEW,
    PREVIEWS,
    FactSerializer,
    OrderMixin,
    PreviewSerializer,
    wants_preview,
)

CHANGES: Final = frozenset({"update", "partial_update"})
_WAREHOUSES = ("warehouse_id", "from_warehouse_id", "to_warehouse_id")


class DocumentLineSerializer(CoreSerializer):
    """A line that can be written: with its id it changes the line, without it is a new one."""

    id = IdField(
        allow_null=True,
        default=None,
        help_text="Which line this is; empty: a new one. Lines that are left out are removed.",
        style={"template": HIDDEN},
    )
    variant_id = ReferenceField(*VARIANT)


class DocumentPostingSerializer(CoreSerializer):
    id = IdField(read_only=True)
    number = NameField(read_only=True)
    kind = ChoiceField(Kind, read_only=True)
    occurred_at = DateTimeField(read_only=True)
    recorded_at = DateTimeField(read_only=True)
    username = NameField(read_only=True)
    reference = OptionalNameField(read_only=True)
    note = TextField(read_only=True)
    reverses_id = IdField(read_only=True, allow_null=True)


class PostingsField(serializers.ListField):
    """What the document led to, the oldest first; the view has looked it up for all it shows."""

    child = DocumentPostingSerializer()

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"source": "*", "read_only": True}
        super().__init__(help_text="What it did to stock, the oldest first.", **kwargs)

    def to_representation(self, document: Any) -> Any:
        return super().to_representation(self.context.get("postings", {}).get(document.id, ()))


class DocumentSerializer(RecordSerializer):
    """What all documents show; subclasses say `state` and `lines`, and have their own between."""

    number = NameField(read_only=True)
    notes = TextField()
    postings = PostingsField()
    allowed = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What can be done with it as it is.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        first, last = ("id", "number", "state"), ("notes", "lines", "allowed", "postings")
        tail = [name for name in fields if name in {"version", "created_at", "updated_at"}]
        tail.append("deleted_at")
        own = [name for name in fields if name not in {*first, *last, *tail}]
        return {n: fields[n] for n in (*first, *own, *last, *tail) if n in fields}


class TransitionSerializer(FactSerializer):
    """What every action may say: when it happened, and a note for the history."""

    # Actions that are about somebody else's paper ask for its number themselves.
    reference: Any = None  # type: ignore[assignment]


class EventSerializer(CoreSerializer):
    """A line of a document's history."""

    act = NameField(read_only=True)
    at = DateTimeField(read_only=True)
    user_id = IdField(read_only=True, allow_null=True)
    username = NameField(read_only=True)
    request_id = OptionalNameField(read_only=True)
    note = TextField(read_only=True)
    changes = serializers.DictField(
        child=serializers.ListField(),
        read_only=True,
        help_text="By field, what stood there before and what stands there since.",
    )
    postings = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="The numbers of those it made."
    )


class HistorySerializer(CoreSerializer):
    """Everything that was done with a document, the oldest first."""

    results = EventSerializer(many=True, read_only=True)


class DocumentSchema(CoreAutoSchema):
    """What can be previewed answers with the document, or with what would be done."""

    def get_response_serializers(self) -> Any:
        shown = self.view.serializer_class
        if self.view.action == "duplicate":
            return {201: shown}
        if not self.view.can_preview or self.view.action == "create":
            return super().get_response_serializers()
        name = shown.__name__.removesuffix("Serializer")
        return {
            200: PolymorphicProxySerializer(
                component_name=f"{name}OrPreview",
                serializers=[shown, PreviewSerializer],
                resource_type_field_name=None,
            )
        }

    def get_override_parameters(self) -> list[OpenApiParameter]:
        found = super().get_override_parameters()
        if self.view.can_preview:
            found.append(PREVIEW)
            if self.view.action not in {*CHANGES, "create"}:
                found.append(IF_MATCH)
        return found


class DocumentViewSet(OrderMixin, MasterDataViewSet):
    """A kind of document, over a `DocumentService`.

    Its actions are named in `idempotent` and answer with `self.settle(command, use_case)`;
    `permissions` says what each takes. Actions and changes can be previewed.
    """

    schema = DocumentSchema()
    _usual: ClassVar[Mapping[str, str]] = {
        **CoreViewSet._usual,
        "history": "view",
        "duplicate": "add",
    }
    common_inputs = {
        **MasterDataViewSet.common_inputs,
        "duplicate": NothingSerializer,
    }
    _postings: Mapping[int, Any] = {}

    @property
    def can_preview(self) -> bool:
        """Whether the action takes `?preview=true`."""
        return self.action in self.idempotent | CHANGES

    def other_parameters(self) -> set[str]:
        return super().other_parameters() | (PREVIEWS if self.can_preview else frozenset())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "postings": self._postings}

    def render(self, thing: Any, status: int = 200, **headers: str) -> Response:
        document = thing.document if isinstance(thing, Settled) else thing
        self._look_up_postings([document])
        return super().render(document, status, **headers)

    def render_page(self, page: Any) -> Response:
        self._look_up_postings(page.items)
        return super().render_page(page)

    def settle(
        self, command: object, use_case: Callable[..., Settled[Any]], status: int = 200
    ) -> Response:
        """Answer with the document after an action, or with what the action would do."""
        return self.carried_out(
            command, self.service, use_case, lambda done: self.render(done, status)
        )

    @property
    def seen_version(self) -> int | None:
        """The version that the client saw of the document of an action, from `If-Match`."""
        return self.expected_version({})

    @extend_schema(responses=HistorySerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """What was done with it, by whom and when, the oldest first."""
        found = self.service.history(self.id, by=self.actor)
        return Response(HistorySerializer({"results": found}).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str) -> Response:
        """Draft the same again, with a number of its own."""
        id = self.id
        self.read(request)
        copy = self.service.duplicate(id, by=self.actor)
        location = self.reverse_action("detail", args=[copy.id])
        return self.render(copy, 201, Location=location)

    def _change(self, id: int, values: dict[str, Any]) -> Response:
        version = self.expected_version(values)
        command = self.change_command(id=id, version=version, **values)

        def use_case() -> Any:
            return self.service.change(command, by=self.actor)

        return self._tried(use_case) if wants_preview(self.request) else self.render(use_case())

    def _look_up_postings(self, documents: Sequence[Any]) -> None:
        if self.actor.may(f"{self.resource}.view"):
            self._postings = self.service.postings(documents, by=self.actor)

    def _sees_all(self, answer: Mapping[str, Any]) -> bool:
        """Whether the document of an earlier answer still exists for the actor."""
        ids = [answer[name] for name in _WAREHOUSES if name in answer]
        return any(self.actor.sees(id) for id in ids)
