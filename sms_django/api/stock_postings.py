"""How stock came to be what it is: the ledger and its postings over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.shared.documents import DocumentRef
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.kinds import CostSource, Counterpart, Kind
from sms_core.stock.ports import (
    EntryFilter,
    PostingFilter,
)
from sms_django import models
from sms_django.api import filters
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CostField,
    DateTimeField,
    IdField,
    IdsField,
    NameField,
    OptionalNameField,
    QuantityField,
    TextField,
)
from sms_django.api.pagination import KeysetPagination
from sms_django.api.papers import ReceiptPapers
from sms_django.api.serializers import MAX_LINES, CoreSerializer
from sms_django.api.stock_levels import UNIT_COST_PLACES, StockViewSet
from sms_django.api.stock_orders import (
    DESPITE_COUNT,
    PREVIEW,
    PREVIEWS,
    RELEASE_RESERVED,
    OrderMixin,
    PreviewSerializer,
)


class IdKeyset(KeysetPagination):
    """A ledger in the order of recording."""

    kinds = (int,)


class EntrySerializer(CoreSerializer):
    id = IdField(read_only=True)
    posting_id = IdField(read_only=True)
    line = IdField(read_only=True)
    kind = ChoiceField(Kind, read_only=True)
    variant_id = IdField(read_only=True)
    variant_code = NameField(read_only=True)
    warehouse_id = IdField(read_only=True)
    location_id = IdField(read_only=True, allow_null=True)
    lot_code = NameField(read_only=True, allow_null=True)
    seq = IdField(read_only=True, help_text="Numbers the entries of a variant in a warehouse.")
    quantity = QuantityField(read_only=True, help_text="What came in, or went out (below 0).")
    reserved = QuantityField(read_only=True)
    value = CostField(read_only=True, allow_null=True)
    unit_cost = CostField(places=UNIT_COST_PLACES, read_only=True, allow_null=True)
    cost_source = ChoiceField(CostSource, read_only=True, allow_null=True)
    on_hand_after = QuantityField(read_only=True)
    reserved_after = QuantityField(read_only=True)
    value_after = CostField(read_only=True, allow_null=True)
    counterpart = ChoiceField(Counterpart, read_only=True)
    occurred_at = DateTimeField(read_only=True)
    recorded_at = DateTimeField(read_only=True)
    hash = NameField(read_only=True)


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {
            "type": {"type": "string"},
            "id": {"type": "integer"},
            "number": {"type": "string"},
        },
    }
)
class DocumentField(serializers.JSONField):
    """The document that a posting carries out; null for those entered by hand."""

    def to_representation(self, value: DocumentRef) -> dict[str, Any]:
        return {"type": value.type.value, "id": value.id, "number": value.number}


class PostingHeaderSerializer(CoreSerializer):
    id = IdField(read_only=True)
    number = NameField(read_only=True)
    kind = ChoiceField(Kind, read_only=True)
    occurred_at = DateTimeField(read_only=True)
    recorded_at = DateTimeField(read_only=True)
    user_id = IdField(read_only=True, allow_null=True)
    username = NameField(read_only=True)
    request_id = OptionalNameField(read_only=True)
    reference = OptionalNameField(read_only=True)
    note = TextField(read_only=True)
    reason_code = NameField(read_only=True, allow_null=True)
    supplier_id = IdField(read_only=True, allow_null=True)
    customer_id = IdField(read_only=True, allow_null=True)
    document = DocumentField(read_only=True, allow_null=True)
    reverses_id = IdField(read_only=True, allow_null=True)
    reversed_lines = serializers.ListField(child=IdField(), read_only=True)


class PostingInListSerializer(PostingHeaderSerializer):
    """A posting of a list: how many entries it has (in the warehouses one sees)."""

    entry_count = serializers.IntegerField(read_only=True)


class PostingSerializer(PostingHeaderSerializer):
    """A posting with its entries (in the warehouses one sees)."""

    entries = EntrySerializer(many=True, read_only=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two lines were wrong",
            {"lines": [1, 3], "note": "Keyed in twice."},
            request_only=True,
        )
    ]
)
class ReversalSerializer(CoreSerializer):
    lines = IdsField(
        allow_null=True,
        default=None,
        max_length=MAX_LINES,
        help_text="The numbers of the lines to undo; empty: all that are left.",
    )
    release_reserved = BooleanField(default=False, help_text=RELEASE_RESERVED)
    occurred_at = DateTimeField(
        allow_null=True, default=None, help_text="When it was undone; empty: now."
    )
    despite_count = BooleanField(default=False, help_text=DESPITE_COUNT)
    note = TextField()


class EntryViewSet(StockViewSet):
    """The ledger, newest first. Nothing in it ever changes."""

    queryset = models.Entry.objects.none()
    serializer_class = EntrySerializer
    pagination_class = IdKeyset
    list_filter = EntryFilter

    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        return self.render_page(
            self.stock.entries(filters.read(self, request), asked, by=self.actor)
        )


class PostingViewSet(ReceiptPapers, OrderMixin, StockViewSet):
    """The business facts that changed stock, newest first."""

    queryset = models.Posting.objects.none()
    corrections = Injected(CorrectionService)
    permissions = {"reverse": "stock.reverse"}
    serializer_class = PostingSerializer
    inputs = {"reverse": ReversalSerializer}
    pagination_class = IdKeyset
    list_filter = PostingFilter
    idempotent = frozenset({"reverse"})
    parameters = {"reverse": PREVIEWS}

    @extend_schema(responses=PostingInListSerializer(many=True))
    def list(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        page = self.stock.postings(filters.read(self, request), asked, by=self.actor)
        rows = PostingInListSerializer(page.items, many=True)
        return self.paginator.answer(request, page, rows.data)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self.render(self.stock.posting(self.id, by=self.actor))

    @extend_schema(responses={201: PostingSerializer, 200: PreviewSerializer}, parameters=[PREVIEW])
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a posting or some of its lines; each line can be undone once."""
        command = ReversePosting(posting_id=self.id, **self.read(request))
        return self.posted(command, self.corrections, self.corrections.reverse)
