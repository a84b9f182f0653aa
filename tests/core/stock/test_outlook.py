"""What open orders say where goods are short, and on the card."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.paging import CursorRequest, PageRequest
from sms_core.stock.commands import IssuedLine
from sms_core.stock.enquiries import CardQuestion
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.ports import LevelFilter
from sms_core.stock.views import OpenOrder
from tests.core.stock.conftest import CHAI, TEA, Company, actor


def bought(company: Company, number: int, quantity: str, **values: Any) -> OpenOrder:
    """Have a supplier owe so many chai."""
    order = OpenOrder(
        document=DocumentRef(DocumentType.PURCHASE_ORDER, number, f"PO-{number}"),
        **{
            "variant_id": CHAI,
            "warehouse_id": company.main.id,
            "warehouse_code": "MAIN",
            "partner": "Acme",
            "quantity": Decimal(quantity),
            **values,
        },
    )
    company.outlook.found.append(order)
    return order


def shortage(company: Company, **rights: Any) -> str:
    line = IssuedLine(variant_id=CHAI, quantity=Decimal(99))
    with pytest.raises(InsufficientStock) as refusal:
        company.issue_lines(line, by=actor(**rights))
    return refusal.value.detail


def test_where_goods_are_short_the_open_purchases_are_named(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(CHAI, "4", warehouse_id=north.id)
    bought(company, 1, "7", warehouse_id=north.id, warehouse_code="NORTH")
    bought(company, 2, "24", due_at=datetime(2026, 12, 1, tzinfo=UTC))
    bought(company, 3, "5", variant_id=TEA)

    assert shortage(company).endswith(
        "There are 4 available in NORTH, 24 on PO-2, expected 2026-12-01, 7 on PO-1 to NORTH."
    )


def test_the_date_is_that_of_the_company(company: Company) -> None:
    company.repository.zone = ZoneInfo("Asia/Tokyo")
    bought(company, 2, "24", due_at=datetime(2026, 12, 1, 20, tzinfo=UTC))

    assert "expected 2026-12-02" in shortage(company)


def test_only_the_first_few_purchases_are_named(company: Company) -> None:
    for number in range(1, 6):
        bought(company, number, "1")

    assert shortage(company).endswith("There are 1 on PO-1, 1 on PO-2, 1 on PO-3.")


def test_purchases_for_warehouses_one_does_not_see_are_not_named(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    bought(company, 1, "7", warehouse_id=north.id, warehouse_code="NORTH")

    words = shortage(company, warehouse_ids=frozenset({company.main.id}))

    assert "PO-1" not in words


def test_the_card_lists_the_open_orders_of_the_warehouses_one_sees(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    here = bought(company, 1, "7")
    there = bought(company, 2, "7", warehouse_id=north.id)
    bought(company, 3, "7", variant_id=TEA)

    def orders(warehouse_id: int | None = None, **rights: Any) -> tuple[OpenOrder, ...]:
        question = CardQuestion(variant_id=CHAI, warehouse_id=warehouse_id)
        return company.enquiries.card(question, CursorRequest(), by=actor(**rights)).orders

    assert orders() == (here, there)
    assert orders(north.id) == (there,)
    assert orders(warehouse_ids=frozenset({company.main.id})) == (here,)


def test_a_level_tells_what_is_on_order_and_when_the_first_of_it_comes(company: Company) -> None:
    company.receive(CHAI, "4", unit_cost="1")
    bought(company, 1, "7", due_at=datetime(2026, 12, 1, tzinfo=UTC))
    bought(company, 2, "5")

    found = company.stock.levels(LevelFilter(), PageRequest(), by=actor("cost.view"))

    (level,) = found.items
    assert (level.on_order, level.incoming, level.backordered) == (12, 12, 0)
    assert (level.expected_at, level.value) == (datetime(2026, 12, 1, tzinfo=UTC), None)
