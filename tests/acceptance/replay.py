"""Northwind's two years over the API, request by request, beside the oracle that reckons along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.acceptance import northwind, sales
from tests.acceptance.northwind import Integrator
from tests.acceptance.oracle import Oracle
from tests.acceptance.sales import BUYING_SHARE, OPENED, OPENING_SHARE, RECEIVED, Order, Product

PLACED = date(1996, 12, 1)


def moment(day: date) -> str:
    """The beginning of a day, as the API takes it."""
    return f"{day.isoformat()}T00:00:00Z"


@dataclass
class Replay:
    """One warehouse that lives through what Northwind's files tell.

    `shipments` has, by the id of a posting, what each product on it cost according to the oracle;
    `waiting` the documents of the orders that never left.
    """

    api: Integrator
    tell: Callable[[], None]
    oracle: Oracle = field(default_factory=Oracle)
    products: dict[str, Product] = field(default_factory=sales.products)
    variants: dict[str, int] = field(default_factory=dict)
    suppliers: dict[str, int] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    warehouse: int = 0
    shipments: dict[int, dict[int, Decimal]] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> None:
        """From the empty warehouse to the last order."""
        self.enter_master_data()
        self.open()
        orders = sales.orders()
        received = False
        for order in (order for order in orders if order.shipped):
            if not received and order.ordered >= RECEIVED:
                self.buy()
                received = True
            self.sell(order)
            self.tell()
        for order in (order for order in orders if not order.shipped):
            self.waiting.append(self.confirm(order))
            self.tell()
        self.order_more()

    def enter_master_data(self) -> None:
        """Everybody and everything that there is to deal with."""
        made = self.api.post("warehouses/", {"code": "MAIN", "name": "Main warehouse"})
        self.warehouse = made["id"]
        for row in northwind.table("suppliers"):
            body = {"code": row["supplierID"], "name": row["companyName"], "phone": row["phone"]}
            body["address"] = sales.address(row)
            self.suppliers[row["supplierID"]] = self.api.post("suppliers/", body)["id"]
        for row in northwind.table("customers"):
            body = {"code": row["customerID"], "name": row["companyName"], "phone": row["phone"]}
            body["address"] = sales.address(row)
            self.customers[row["customerID"]] = self.api.post("customers/", body)["id"]
        self._enter_products()

    def _enter_products(self) -> None:
        categories = {
            row["categoryID"]: self.api.post(
                "categories/", {"code": row["categoryID"], "name": row["categoryName"]}
            )["id"]
            for row in northwind.table("categories")
        }
        (pieces,) = self.api.all("units/", code="pc")
        for row in northwind.table("products"):
            body = {
                "code": f"NW-{row['productID']}",
                "name": row["productName"],
                "category_id": categories[row["categoryID"]],
                "unit_id": pieces["id"],
                "price": row["unitPrice"],
                "stock_alert": row["reorderLevel"],
            }
            made = self.api.post("products/", body)
            self.variants[row["productID"]] = made["variants"][0]["id"]

    def open(self) -> None:
        """What lay there when it all began."""
        lines = []
        for product in self.products.values():
            cost = product.price * OPENING_SHARE
            lines.append(self._line(product.number, product.opening, cost))
            self.oracle.bring(OPENED, product.number, Decimal(product.opening), cost)
        body = {"warehouse_id": self.warehouse, "occurred_at": moment(OPENED), "lines": lines}
        self.api.post("stock/openings/", body)

    def buy(self) -> None:
        """The other half, from each supplier by one order, all received on one day."""
        for supplier, products in self._by_supplier().items():
            lines = [
                self._line(product.number, product.bought, product.price * BUYING_SHARE)
                for product in products
            ]
            placed = self._place(supplier, lines, PLACED)
            arrived = [
                {"line_id": line["id"], "quantity": line["quantity"]} for line in placed["lines"]
            ]
            body = {"occurred_at": moment(RECEIVED), "reference": "DN-1", "lines": arrived}
            received = self.api.post(f"purchase-orders/{placed['id']}/receive/", body)
            assert received["state"] == "received"
            for product in products:
                cost = product.price * BUYING_SHARE
                self.oracle.bring(RECEIVED, product.number, Decimal(product.bought), cost)

    def order_more(self) -> None:
        """What Northwind was waiting for at the end."""
        for supplier, products in self._by_supplier().items():
            lines = [
                self._line(product.number, product.on_order, product.price * BUYING_SHARE)
                for product in products
                if product.on_order
            ]
            if lines:
                self._place(supplier, lines, date(1998, 5, 6))

    def sell(self, order: Order) -> None:
        """An order that left, and what its goods cost."""
        assert order.shipped is not None
        confirmed = self.confirm(order)
        body = {"occurred_at": moment(order.shipped)}
        shipped = self.api.post(f"sales-orders/{confirmed['id']}/ship/", body)
        assert shipped["state"] == "shipped"
        (posting,) = (p for p in shipped["postings"] if p["kind"] == "shipment")
        self.shipments[posting["id"]] = {
            self.variants[line.product]: self.oracle.ship(
                order.shipped, line.product, Decimal(line.quantity)
            )
            for line in order.lines
        }

    def confirm(self, order: Order) -> dict[str, Any]:
        """An order that was taken."""
        lines = [
            {
                "variant_id": self.variants[line.product],
                "quantity": str(line.quantity),
                "unit_price": str(line.price),
                "discount_percent": f"{line.discount_percent:f}",
            }
            for line in order.lines
        ]
        body = {
            "customer_id": self.customers[order.customer],
            "warehouse_id": self.warehouse,
            "reference": str(order.number),
            "ordered_at": moment(order.ordered),
            "promised_at": moment(order.required),
            "ship_to": order.ship_to,
            "lines": lines,
        }
        drafted = self.api.post("sales-orders/", body)
        confirm = {"occurred_at": moment(order.ordered)}
        answer: dict[str, Any] = self.api.post(f"sales-orders/{drafted['id']}/confirm/", confirm)
        assert answer["state"] == "confirmed"
        return answer

    def _place(self, supplier: str, lines: list[dict[str, Any]], day: date) -> dict[str, Any]:
        body = {
            "supplier_id": self.suppliers[supplier],
            "warehouse_id": self.warehouse,
            "lines": lines,
        }
        drafted = self.api.post("purchase-orders/", body)
        path = f"purchase-orders/{drafted['id']}/place/"
        placed: dict[str, Any] = self.api.post(path, {"occurred_at": moment(day)})
        return placed

    def _line(self, product: str, quantity: int, unit_cost: Decimal) -> dict[str, Any]:
        return {
            "variant_id": self.variants[product],
            "quantity": str(quantity),
            "unit_cost": str(unit_cost),
        }

    def _by_supplier(self) -> dict[str, list[Product]]:
        found: dict[str, list[Product]] = defaultdict(list)
        for product in self.products.values():
            found[product.supplier].append(product)
        return found
