"""Stock transfers and their lines."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from sms_core.stock.transfers import TransferState
from sms_django.models.base import ScaledDecimalField
from sms_django.models.documents import DocumentRow, LineRow
from sms_django.models.stock import Warehouse


class StockTransfer(DocumentRow):
    """Goods that one warehouse sends to another; what moved is in the ledger."""

    from_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="transfers_out", db_index=False
    )
    to_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="transfers_in", db_index=False
    )

    class Meta:
        db_table = "sms_stock_transfer"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in TransferState]),
                name="stock_transfer_state",
            ),
            models.CheckConstraint(
                condition=~Q(from_warehouse=F("to_warehouse")), name="stock_transfer_ends"
            ),
        ]
        indexes = [
            models.Index(fields=["from_warehouse", "id"], name="stock_transfer_by_source"),
            models.Index(fields=["to_warehouse", "id"], name="stock_transfer_by_target"),
            models.Index(fields=["state", "id"], name="stock_transfer_by_state"),
            models.Index(fields=["created_at", "id"], name="stock_transfer_by_created"),
            models.Index(fields=["updated_at", "id"], name="stock_transfer_by_updated"),
        ]


class StockTransferLine(LineRow):
    """So much of a variant, of one lot if it is named."""

    document = models.ForeignKey(
        StockTransfer, models.PROTECT, related_name="lines", db_index=False
    )
    quantity = ScaledDecimalField(places=4)
    lot_code = models.CharField(max_length=120, null=True, blank=True)

    class Meta:
        db_table = "sms_stock_transfer_line"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_transfer_line_quantity")
        ]
        indexes = [models.Index(fields=["document", "position"], name="transfer_line_by_document")]

    def __str__(self) -> str:
        return f"{self.document} line {self.position}"
