"""What all orders that change stock share over HTTP: once per key, or tried and undone again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from config.container import Injected
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Invalid, NotFound
from sms_core.shared.ports import DryRun
from sms_core.stock.documents import Settled
from sms_core.stock.previews import preview
from sms_core.stock.views import PostingView
from sms_django.api.fields import (
    BooleanField,
    CostField,
    DateTimeField,
    IdField,
    OptionalNameField,
    QuantityField,
    TextField,
)
from sms_django.api.serializers import CoreSerializer

PREVIEWS: Final = frozenset({"preview"})
PREVIEW = OpenApiParameter(
    "preview",
    bool,
    OpenApiParameter.QUERY,
    description="true: nothing is changed, and no key is needed; 200 tells the levels before and "
    "after, and all that is in the way.",
)
RELEASE_RESERVED: Final = (
    "true: if less is left than is reserved, release the difference, the newest reservations "
    "first. Otherwise: 409 `reserved`."
)

DESPITE_COUNT: Final = (
    "true: it did happen before, though what it moves was counted since and the count did not "
    "know of it. Takes `stock.backdate`. Otherwise: 409 `counted_since`."
)


class BalanceSerializer(CoreSerializer):
    """What there is of a variant at one moment."""

    on_hand = QuantityField(read_only=True)
    reserved = QuantityField(read_only=True)
    available = QuantityField(read_only=True)
    value = CostField(read_only=True, allow_null=True)


class LevelChangeSerializer(CoreSerializer):
    variant_id = IdField(source="key.variant_id", read_only=True)
    warehouse_id = IdField(source="key.warehouse_id", read_only=True)
    in_transit = BooleanField(
        source="key.in_transit",
        read_only=True,
        help_text="true: goods on their way to the warehouse, which are a level apart.",
    )
    before = BalanceSerializer(read_only=True)
    after = BalanceSerializer(
        read_only=True, allow_null=True, help_text="null: it would be refused."
    )


class ObstacleSerializer(CoreSerializer):
    pointer = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)


class PreviewSerializer(CoreSerializer):
    """What an order would do, or all that is in its way."""

    ok = BooleanField(read_only=True)
    levels = LevelChangeSerializer(many=True, read_only=True)
    errors = ObstacleSerializer(many=True, read_only=True)


class FactSerializer(CoreSerializer):
    """What every order that becomes a posting may say about itself; forms ask it after the rest."""

    occurred_at = DateTimeField(
        allow_null=True,
        default=None,
        help_text="When it happened, by default now. Days before today take `stock.backdate`.",
    )
    despite_count = BooleanField(default=False, help_text=DESPITE_COUNT)
    reference = OptionalNameField(help_text="The number of somebody else's paper about it.")
    note = TextField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        last = ("occurred_at", "despite_count", "reference", "note", "lines")
        tail = [name for name in last if name in fields]
        return {name: fields[name] for name in [*(n for n in fields if n not in tail), *tail]}


class OrderMixin:
    """For viewsets with actions that change stock; those are in `idempotent`, and `parameters`
    allows them `PREVIEWS`."""

    dry_run = Injected(DryRun)  # type: ignore[type-abstract]
    request: Request
    actor: Actor

    def carried_out(
        self: Any,
        command: object,
        service: Any,
        use_case: Callable[..., Any],
        shown: Callable[[Any], Response],
    ) -> Response:
        """Answer with what `shown` makes of what was done, or with what would be done."""
        # Also before an earlier answer is repeated: rights may have been taken away.
        service.authorise(command, by=self.actor)
        if wants_preview(self.request):
            return self._tried(lambda: use_case(command, by=self.actor))
        response: Response = self.once(lambda: shown(use_case(command, by=self.actor)))
        if "Idempotency-Replayed" in response and not self._sees_all(response.data):
            raise NotFound("There is nothing here.")
        return response

    def posted(
        self: Any, command: object, service: Any, use_case: Callable[..., PostingView]
    ) -> Response:
        """Answer with the posting that an order led to, and where it is."""
        response = self.carried_out(
            command, service, use_case, lambda posting: self.render(posting, 201)
        )
        return self.located(response, "posting-detail")

    def located(self, response: Response, name: str) -> Response:
        """The answer, saying where that which it made can be read."""
        if response.status_code == 201:
            args = [response.data["id"]]
            response["Location"] = reverse(name, args=args, request=self.request)
        return response

    def _tried(self: Any, use_case: Callable[[], Any]) -> Response:
        def changes() -> Any:
            done = use_case()
            if isinstance(done, Settled):
                return done.postings
            # Closing the books changes no level, nor does changing a draft.
            return done if isinstance(done, PostingView) else ()

        found = preview(self.dry_run, changes, by=self.actor)
        return Response(PreviewSerializer(found, context=self.get_serializer_context()).data)

    def _sees_all(self, answer: Mapping[str, Any]) -> bool:
        """Whether the actor may still see all warehouses that an earlier answer speaks of."""
        return all(self.actor.sees(id) for id in _warehouses(answer))


def _warehouses(answer: Mapping[str, Any]) -> Iterator[int]:
    if "warehouse_id" in answer:
        yield answer["warehouse_id"]
    for entry in answer.get("entries", ()):
        yield entry["warehouse_id"]


def wants_preview(request: Request) -> bool:
    """Whether the order is only to be tried; raises Invalid for anything but true and false."""
    text = request.query_params.get("preview", "false")
    if text not in {"true", "false"}:
        raise Invalid("This must be true or false.", pointer="/preview")
    return text == "true"
