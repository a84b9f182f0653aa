"""A small shop in the database: goods to stock, a warehouse, and short ways to move them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from config.container import container
from sms_core.access.permissions import ALL_CODES
from sms_core.catalogue.products import scan_key
from sms_core.shared.entities import Actor
from sms_core.shared.text import fold, search_text
from sms_core.stock.commands import (
    CreateReasonCode,
    CreateWarehouse,
    IssuedLine,
    IssueGoods,
    ReceivedLine,
    ReceiveGoods,
)
from sms_core.stock.entities import Warehouse
from sms_core.stock.kinds import Kind
from sms_core.stock.places import ReasonCodeService, WarehouseService
from sms_core.stock.services import StockService
from sms_core.stock.views import PostingView
from sms_django import models

SYSTEM = Actor(user_id=None, username="system", permissions=frozenset(ALL_CODES), request_id="test")


def limited_to(*warehouse_ids: int, without: Sequence[str] = ()) -> Actor:
    """The system, but seeing only these warehouses and lacking these rights."""
    return Actor(
        user_id=None,
        username="clerk",
        permissions=frozenset(ALL_CODES) - set(without),
        warehouse_ids=frozenset(warehouse_ids),
    )


class Shop:
    """What tests of stock in the database begin with."""

    def __init__(self) -> None:
        self.category = models.Category.objects.create(
            code="food", code_key="food", name="Food", name_key="food"
        )
        self.units = {
            places: models.Unit.objects.create(
                code=f"u{places}", code_key=f"u{places}", name=f"u{places}", places=places
            )
            for places in (0, 3)
        }
        if not models.ReasonCode.objects.filter(code="sample").exists():
            self.service(ReasonCodeService).create(
                CreateReasonCode(code="sample", kinds=(Kind.ISSUE,)), by=SYSTEM
            )
        self.main = self.open_warehouse("MAIN")

    def service(self, kind: type[Any]) -> Any:
        return container().get(kind)

    def open_warehouse(self, code: str) -> Warehouse:
        command = CreateWarehouse(code=code, name=code)
        warehouse: Warehouse = self.service(WarehouseService).create(command, by=SYSTEM)
        return warehouse

    def place(self, code: str, *, kind: str = "storage", warehouse_id: int | None = None) -> int:
        row = models.Location.objects.create(
            warehouse_id=warehouse_id or self.main.id,
            code=code,
            code_key=fold(code),
            name=code,
            name_key=fold(code),
            kind=kind,
        )
        return row.pk

    def variant(self, code: str, *, places: int = 0, name: str = "", **values: Any) -> int:
        alert = values.pop("stock_alert", None)
        name = name or code
        product = models.Product.objects.create(
            **{
                "type": "standard",
                "tax_method": "exclusive",
                "code": code,
                "code_key": fold(code),
                "name": name,
                "name_key": fold(name),
                "search_text": search_text(code, name),
                "category": self.category,
                "unit": self.units[places],
                **values,
            }
        )
        row = models.Variant.objects.create(
            product=product,
            code=code,
            code_key=fold(code),
            search_text=search_text(code),
            stock_alert=alert,
        )
        self.barcode(row.pk, code, is_code=True)
        return row.pk

    def barcode(self, variant_id: int, code: str, **values: Any) -> None:
        key = scan_key(code)
        models.Barcode.objects.create(variant_id=variant_id, code=code, key=key, **values)

    def receive(
        self, variant_id: int, quantity: str, *, warehouse_id: int | None = None, **line: Any
    ) -> PostingView:
        if line.get("unit_cost") is not None:
            line["unit_cost"] = Decimal(line["unit_cost"])
        return self.receive_lines(
            [ReceivedLine(variant_id=variant_id, quantity=Decimal(quantity), **line)],
            warehouse_id=warehouse_id,
        )

    def receive_lines(
        self,
        lines: Sequence[ReceivedLine],
        *,
        warehouse_id: int | None = None,
        by: Actor = SYSTEM,
    ) -> PostingView:
        order = ReceiveGoods(warehouse_id=warehouse_id or self.main.id, lines=tuple(lines))
        posting: PostingView = self.service(StockService).receive(order, by=by)
        return posting

    def issue(self, variant_id: int, quantity: str, **line: Any) -> PostingView:
        return self.issue_lines(
            [IssuedLine(variant_id=variant_id, quantity=Decimal(quantity), **line)]
        )

    def issue_lines(
        self, lines: Sequence[IssuedLine], *, warehouse_id: int | None = None
    ) -> PostingView:
        order = IssueGoods(
            warehouse_id=warehouse_id or self.main.id, lines=tuple(lines), reason_code="sample"
        )
        posting: PostingView = self.service(StockService).issue(order, by=SYSTEM)
        return posting
