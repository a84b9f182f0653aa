"""Stock transfers over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.stock.transfer_commands import (
    ArrivedLine,
    CancelTransfer,
    ChangeTransfer,
    CloseTransfer,
    CreateTransfer,
    DispatchTransfer,
    FoundAt,
    ReceiveTransfer,
    TransferredLine,
)
from sms_core.stock.transfer_ports import TransferFilter, TransferSort
from sms_core.stock.transfer_services import TransferService
from sms_core.stock.transfers import TransferState
from sms_django import models
from sms_django.api.documents import (
    DocumentLineSerializer,
    DocumentSerializer,
    DocumentViewSet,
    TransitionSerializer,
)
from sms_django.api.fields import ChoiceField, IdField, NameField, QuantityField
from sms_django.api.references import WAREHOUSE, ReferenceField
from sms_django.api.serializers import CoreSerializer
from sms_django.api.stock_movements import example, optional_reason


class TransferLineSerializer(DocumentLineSerializer):
    command = TransferredLine

    quantity = QuantityField()
    lot_code = NameField(allow_null=True, default=None, help_text="Send only this lot.")
    dispatched_quantity = QuantityField(read_only=True)
    received_quantity = QuantityField(read_only=True)
    in_transit_quantity = QuantityField(
        read_only=True, help_text="Sent, and neither arrived nor written off nor put back."
    )


@example(
    "To the shop",
    from_warehouse_id=1,
    to_warehouse_id=2,
    notes="With the morning van",
    lines=[{"variant_id": 7, "quantity": "24"}],
)
class StockTransferSerializer(DocumentSerializer):
    state = ChoiceField(TransferState, read_only=True)
    from_warehouse_id = ReferenceField(*WAREHOUSE, help_text="Who sends.")
    to_warehouse_id = ReferenceField(*WAREHOUSE, help_text="Who receives; another one.")
    lines = TransferLineSerializer(many=True, default=())


@example("All of it, today", note="With the morning van")
class DispatchSerializer(TransitionSerializer):
    from_location_id = IdField(
        allow_null=True,
        default=None,
        help_text="Take it only from there; empty: what expires first.",
    )


class ArrivedLineSerializer(CoreSerializer):
    command = ArrivedLine

    line_id = IdField(help_text="The line of the transfer.")
    quantity = QuantityField()
    location_id = IdField(allow_null=True, default=None, help_text="Empty: the default location.")
    lot_code = NameField(
        allow_null=True, default=None, help_text="Of this lot; empty: what expires first."
    )


@example("A part of it", lines=[{"line_id": 31, "quantity": "20", "location_id": 4}])
class ArrivalSerializer(TransitionSerializer):
    lines = ArrivedLineSerializer(
        many=True,
        allow_null=True,
        allow_empty=False,
        default=None,
        help_text="What arrived; empty: all that is on its way.",
    )


@example("The rest is lost", reason_code="transfer-shortage")
class ClosingSerializer(TransitionSerializer):
    reason_code = optional_reason("Why what has not arrived is written off; or say `found_at`.")
    found_at = ChoiceField(
        FoundAt,
        allow_null=True,
        default=None,
        help_text="`source`: it never left, or came back; it is put back there.",
    )


# The order that moves goods in one step, `stock/transfers/`, has the other name.
@extend_schema_view(create=extend_schema(operation_id="stock_transfer_documents_create"))
class StockTransferViewSet(DocumentViewSet):
    """Goods on their way from one warehouse to another: sent, then booked in as they arrive."""

    queryset = models.StockTransfer.objects.none()
    resource = "stock_transfer"
    tag = "Documents"
    service = Injected(TransferService)
    serializer_class = StockTransferSerializer
    create_command = CreateTransfer
    change_command = ChangeTransfer
    list_filter = TransferFilter
    sort = TransferSort
    permissions = {
        "send": "stock_transfer.dispatch",
        "cancel": "stock_transfer.dispatch",
        "receive": "stock_transfer.receive",
        "close": "stock_transfer.receive",
    }
    inputs = {
        "send": DispatchSerializer,
        "receive": ArrivalSerializer,
        "close": ClosingSerializer,
        "cancel": TransitionSerializer,
    }
    idempotent = frozenset(inputs)

    # `dispatch` is the name of what Django calls for every request.
    @action(detail=True, methods=["post"], url_path="dispatch")
    def send(self, request: Request, pk: str) -> Response:
        """Send everything on its way."""
        return self._act(DispatchTransfer, self.service.dispatch)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Book in what arrived; what did not stays on its way. More than was sent is refused."""
        return self._act(ReceiveTransfer, self.service.receive)

    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Settle what has not arrived: write it off for a reason, or put it back at the source."""
        return self._act(CloseTransfer, self.service.close)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a draft up."""
        return self._act(CancelTransfer, self.service.cancel)

    def _act(self, command: type[Any], use_case: Any) -> Response:
        id, values = self.id, self.read(self.request)
        return self.settle(command(id=id, version=self.seen_version, **values), use_case)
