"""What Northwind bought and sold, as its files tell, in the order in which it is replayed."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.acceptance import northwind

OPENED = date(1996, 7, 1)
RECEIVED = date(1996, 12, 15)
OPENING_SHARE, BUYING_SHARE = Decimal("0.5"), Decimal("0.7")  # of the price


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many of a product for a customer."""

    product: str
    quantity: int
    price: Decimal
    discount_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a customer wanted, and when it left, if it did."""

    number: int
    customer: str
    ordered: date
    required: date
    shipped: date | None
    ship_to: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Product:
    """Of a product: what there was at the end, and what was bought and sold to come to that."""

    number: str
    supplier: str
    price: Decimal
    in_stock: int
    on_order: int
    shipped: int

    @property
    def opening(self) -> int:
        """Half of all there ever was, rounded up."""
        return -(-(self.in_stock + self.shipped) // 2)

    @property
    def bought(self) -> int:
        """The other half."""
        return self.in_stock + self.shipped - self.opening


def orders() -> list[Order]:
    """All orders, the earliest first, in the order of their numbers on one day."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for row in northwind.table("order-details"):
        lines[row["orderID"]].append(
            Line(
                product=row["productID"],
                quantity=int(row["quantity"]),
                price=Decimal(row["unitPrice"]),
                discount_percent=Decimal(row["discount"]) * 100,
            )
        )
    found = (_order(row, lines[row["orderID"]]) for row in northwind.table("orders"))
    return sorted(found, key=lambda order: (order.ordered, order.number))


def _order(row: dict[str, str], lines: list[Line]) -> Order:
    required = _day(row["requiredDate"])
    ordered = _day(row["orderDate"])
    assert ordered is not None
    assert required is not None
    return Order(
        number=int(row["orderID"]),
        customer=row["customerID"],
        ordered=ordered,
        required=required,
        shipped=_day(row["shippedDate"]),
        ship_to=f"{row['shipName']}\n{row['shipAddress']}",
        lines=tuple(lines),
    )


def _day(text: str) -> date | None:
    return None if text == "NULL" else date.fromisoformat(text[:10])


def products() -> dict[str, Product]:
    """All products by their number."""
    shipped: Counter[str] = Counter()
    for order in orders():
        if order.shipped:
            shipped.update({line.product: line.quantity for line in order.lines})
    return {
        row["productID"]: Product(
            number=row["productID"],
            supplier=row["supplierID"],
            price=Decimal(row["unitPrice"]),
            in_stock=int(row["unitsInStock"]),
            on_order=int(row["unitsOnOrder"]),
            shipped=shipped[row["productID"]],
        )
        for row in northwind.table("products")
    }


def address(row: dict[str, str]) -> str:
    """Where a supplier or customer is."""
    town = f"{row['postalCode']} {row['city']}"
    parts = (row["contactName"], row["address"], town, row["country"])
    return "\n".join(part for part in parts if part != "NULL")
