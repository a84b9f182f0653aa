"""A shop in the database that buys and sells: short ways to order, receive, sell and send."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sms_core.purchasing.commands import (
    CreatePurchaseOrder,
    CreateSupplier,
    CreateSupplierItem,
    DeliveredLine,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
)
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierItemService, SupplierService
from sms_core.selling.commands import (
    ConfirmSalesOrder,
    CreateCustomer,
    CreateSalesOrder,
    ShippedLine,
    ShipSalesOrder,
    WantedLine,
)
from sms_core.selling.customers import CustomerService
from sms_core.selling.orders import SalesOrder
from sms_core.selling.services import SalesOrderService
from tests.adapters.shop import SYSTEM, Shop


class TradingShop(Shop):
    """A shop with a supplier and a customer."""

    def __init__(self) -> None:
        super().__init__()
        self.acme = self.supplier("ACME")
        self.ada = self.customer("ADA")

    def supplier(self, code: str) -> int:
        command = CreateSupplier(code=code, name=code.title())
        id: int = self.service(SupplierService).create(command, by=SYSTEM).id
        return id

    def customer(self, code: str) -> int:
        command = CreateCustomer(code=code, name=code.title())
        id: int = self.service(CustomerService).create(command, by=SYSTEM).id
        return id

    def item(self, variant_id: int, supplier_id: int | None = None, **values: Any) -> int:
        """Have a supplier sell a variant."""
        command = CreateSupplierItem(
            supplier_id=supplier_id or self.acme, variant_id=variant_id, **values
        )
        id: int = self.service(SupplierItemService).create(command, by=SYSTEM).id
        return id

    def buy(
        self,
        variant_id: int,
        quantity: object,
        *,
        pack_size: object = 1,
        warehouse_id: int | None = None,
        expected_at: datetime | None = None,
        place: bool = True,
    ) -> PurchaseOrder:
        """Order so many packs of a variant."""
        orders = self.service(PurchaseOrderService)
        line = OrderedLine(
            variant_id=variant_id,
            quantity=Decimal(str(quantity)),
            pack_size=Decimal(str(pack_size)),
        )
        command = CreatePurchaseOrder(
            supplier_id=self.acme,
            warehouse_id=warehouse_id or self.main.id,
            expected_at=expected_at,
            lines=(line,),
        )
        order: PurchaseOrder = orders.create(command, by=SYSTEM)
        if place:
            order = orders.place(PlaceOrder(id=order.id), by=SYSTEM).document
        return order

    def take_in(self, order: PurchaseOrder, quantity: object, **line: Any) -> Any:
        """Receive so many packs of the one line of an order."""
        delivered = DeliveredLine(
            line_id=order.lines[0].id, quantity=Decimal(str(quantity)), **line
        )
        command = ReceiveOrder(id=order.id, lines=(delivered,))
        return self.service(PurchaseOrderService).receive(command, by=SYSTEM)

    def sell(
        self,
        variant_id: int,
        quantity: object,
        *,
        warehouse_id: int | None = None,
        confirm: bool = True,
        **header: Any,
    ) -> SalesOrder:
        """Sell so much of a variant."""
        orders = self.service(SalesOrderService)
        command = CreateSalesOrder(
            customer_id=self.ada,
            warehouse_id=warehouse_id or self.main.id,
            lines=(WantedLine(variant_id=variant_id, quantity=Decimal(str(quantity))),),
            **header,
        )
        order: SalesOrder = orders.create(command, by=SYSTEM)
        if confirm:
            order = orders.confirm(ConfirmSalesOrder(id=order.id), by=SYSTEM).document
        return order

    def send(self, order: SalesOrder, quantity: object) -> Any:
        """Send so much of the one line of an order."""
        line = ShippedLine(line_id=order.lines[0].id, quantity=Decimal(str(quantity)))
        command = ShipSalesOrder(id=order.id, lines=(line,))
        return self.service(SalesOrderService).ship(command, by=SYSTEM)
