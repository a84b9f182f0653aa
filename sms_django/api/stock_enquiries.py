"""Why is it this number, what would be taken, where did it go: over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.shared.paging import CursorPage
from sms_core.stock.enquiries import CardQuestion, EnquiryService, PicksQuestion
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.views import CardView
from sms_django import models
from sms_django.api import filters
from sms_django.api.fields import (
    ChoiceField,
    CostField,
    DateField,
    DateTimeField,
    IdField,
    NameField,
    OptionalNameField,
    QuantityField,
    TextField,
)
from sms_django.api.pagination import KeysetPagination
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_levels import BinSerializer, StockViewSet
from sms_django.api.stock_postings import DocumentField, EntrySerializer
from sms_django.api.stock_reservations import ReservationSerializer


class CardBalanceSerializer(CoreSerializer):
    on_hand = QuantityField(read_only=True)
    reserved = QuantityField(read_only=True)
    value = CostField(read_only=True, allow_null=True)


class CardRowSerializer(EntrySerializer):
    """An entry, and what there was after it in the order in which things happened.

    `reserved` and `value` are the balances, as in the rest of the card; what the entry did to
    them is `reserved_change` and `value_change`.
    """

    reserved_change = QuantityField(source="entry.reserved", read_only=True)
    value_change = CostField(source="entry.value", read_only=True, allow_null=True)
    on_hand = QuantityField(source="balance.on_hand", read_only=True)
    reserved = QuantityField(source="balance.reserved", read_only=True)
    available = QuantityField(source="balance.available", read_only=True)
    value = CostField(source="balance.value", read_only=True, allow_null=True)
    posting_number = NameField(read_only=True)
    document = DocumentField(read_only=True, allow_null=True)
    reference = OptionalNameField(read_only=True)
    note = TextField(read_only=True)
    reason_code = NameField(read_only=True, allow_null=True)
    username = NameField(read_only=True)
    reverses_id = IdField(read_only=True, allow_null=True, help_text="The posting it undoes.")
    reversed_by_id = IdField(
        read_only=True, allow_null=True, help_text="The posting that undid this line."
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in EntrySerializer().fields.keys() - {"reserved", "value"}:
            fields[name].source = f"entry.{name}"
        return fields


class OpenOrderSerializer(CoreSerializer):
    """A line of an open order: what a supplier is still to bring, or a customer still to get."""

    document = DocumentField(read_only=True)
    warehouse_id = IdField(read_only=True)
    warehouse_code = NameField(read_only=True)
    partner = OptionalNameField(read_only=True)
    quantity = QuantityField(read_only=True)
    reserved = QuantityField(read_only=True, help_text="Of it there for the customer.")
    backordered = QuantityField(read_only=True, help_text="Of it neither sent nor reserved.")
    due_at = DateTimeField(
        read_only=True, allow_null=True, help_text="When it is expected, or promised."
    )


class CardSerializer(CoreSerializer):
    """How the stock of a variant came to be what it is; `next` leads on."""

    opening = CardBalanceSerializer(read_only=True)
    results = CardRowSerializer(many=True, read_only=True)
    closing = CardBalanceSerializer(read_only=True)
    reservations = ReservationSerializer(many=True, read_only=True)
    orders = OpenOrderSerializer(many=True, read_only=True)
    next = serializers.URLField(read_only=True, allow_null=True)


class CardKeyset(KeysetPagination):
    """A card in the order in which things happened, the oldest first."""

    kinds = (datetime, datetime, int)

    def page(self, request: Request, card: CardView) -> dict[str, Any]:
        """The stretch of the card with the way to the next one."""
        link = self.answer(request, CursorPage((), card.next), []).data["next"]
        return {
            "opening": card.opening,
            "results": card.rows,
            "closing": card.closing,
            "reservations": card.reservations,
            "orders": card.orders,
            "next": link,
        }


class CardViewSet(StockViewSet):
    """Why is it this number: the opening balance, each entry with what it led to, the closing
    balance, for whom of it is reserved, and what open orders will bring and take."""

    queryset = models.Entry.objects.none()
    enquiries = Injected(EnquiryService)
    permissions = {"card": "stock.view"}
    serializer_class = CardSerializer
    pagination_class = CardKeyset
    questions = frozenset({"card"})
    list_filter = CardQuestion

    @extend_schema(summary="Show the card of a variant")
    def card(self, request: Request) -> Response:
        asked = self.paginator.asked(request)
        card = self.enquiries.card(filters.read(self, request), asked, by=self.actor)
        return self.render(self.paginator.page(request, card))


class PickSerializer(CoreSerializer):
    location_id = IdField(read_only=True)
    location_code = NameField(read_only=True)
    lot_id = IdField(read_only=True, allow_null=True)
    lot_code = NameField(read_only=True, allow_null=True)
    expires_on = DateField(read_only=True, allow_null=True)
    quantity = QuantityField(read_only=True)


class PicksSerializer(CoreSerializer):
    """Where goods would be taken from, in this order."""

    picks = PickSerializer(many=True, read_only=True)
    missing = QuantityField(read_only=True, help_text="How much of it is not available.")


class PickViewSet(StockViewSet):
    """Which bins and lots would be taken if so much left a warehouse now."""

    queryset = models.Bin.objects.none()
    enquiries = Injected(EnquiryService)
    permissions = {"picks": "stock.view"}
    serializer_class = PicksSerializer
    pagination_class = None
    questions = frozenset({"picks"})
    list_filter = PicksQuestion

    @extend_schema(summary="Show what would be taken")
    def picks(self, request: Request) -> Response:
        return self.render(self.enquiries.picks(filters.read(self, request), by=self.actor))


class TraceRowSerializer(CoreSerializer):
    posting_id = IdField(read_only=True)
    posting_number = NameField(read_only=True)
    kind = ChoiceField(Kind, read_only=True)
    counterpart = ChoiceField(Counterpart, read_only=True)
    occurred_at = DateTimeField(read_only=True)
    warehouse_id = IdField(read_only=True)
    warehouse_code = NameField(read_only=True)
    location_code = NameField(read_only=True)
    quantity = QuantityField(read_only=True)
    reference = OptionalNameField(read_only=True)
    supplier_id = IdField(read_only=True, allow_null=True)
    customer_id = IdField(read_only=True, allow_null=True)


class LotTraceSerializer(CoreSerializer):
    """From whom a lot came, where it lies and to whom it went, in the warehouses one sees."""

    lot_id = IdField(read_only=True)
    variant_id = IdField(read_only=True)
    lot_code = NameField(read_only=True)
    came_from = TraceRowSerializer(many=True, read_only=True)
    lies_in = BinSerializer(many=True, read_only=True)
    went_to = TraceRowSerializer(many=True, read_only=True)
    moved = TraceRowSerializer(many=True, read_only=True)
