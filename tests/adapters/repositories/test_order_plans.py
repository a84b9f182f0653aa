"""Questions about open orders are answered by indexes, however many orders are over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from bench.build_ledger import build
from config.container import container
from sms_core.purchasing.reorder_ports import ReorderReader
from sms_core.selling.ports import SalesOrderRepository
from sms_core.shared.paging import PageRequest
from sms_core.stock.documents import OpenDocuments
from sms_core.stock.ledger_ports import Outlook
from sms_core.stock.levels import LevelKey
from sms_core.stock.ports import LevelFilter, StockReader
from sms_django import models
from tests.adapters.repositories.test_ledger_statements import plan_of, statements
from tests.adapters.trade import TradingShop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ORDERS, LINES = 1_500, 3
ORDER_TABLES = ("purchase_order", "purchase_order_line", "sales_order", "sales_order_line")


@pytest.fixture
def key(db: None) -> LevelKey:
    """A level of a ledger with many orders, few of which are still open."""
    shop = TradingShop()
    for _ in build(6_000, variants=60, warehouses=2, seed=3):
        pass
    level = models.Level.objects.filter(on_hand__gt=0).order_by("-version", "pk")[0]
    variants = list(models.Variant.objects.values_list("pk", flat=True))
    paper(
        models.PurchaseOrder,
        variants,
        {"supplier_id": shop.acme, "warehouse_id": level.warehouse_id},
        {"quantity": 5, "stock_quantity": 5},
        ("received", "placed"),
    )
    paper(
        models.SalesOrder,
        variants,
        {"customer_id": shop.ada, "warehouse_id": level.warehouse_id},
        {"quantity": 5, "code": "X", "description": "X"},
        ("shipped", "confirmed"),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return LevelKey(level.variant_id, level.warehouse_id)


def paper(
    table: type[Any],
    variants: list[int],
    header: dict[str, Any],
    line: dict[str, Any],
    states: tuple[str, str],
) -> None:
    """Many documents with some lines each; one in a hundred is open."""
    more = {"ordered_at": NOW, "confirmed_at": NOW} if table is models.SalesOrder else {}
    headers = table.objects.bulk_create(
        table(number=f"{n:06d}", state=states[n % 100 == 0], **header, **more)
        for n in range(ORDERS)
    )
    lines: type[Model] = table._meta.get_field("lines").related_model
    lines._default_manager.bulk_create(
        lines(
            document=document,
            position=n,
            variant_id=variants[(document.pk * LINES + n) % len(variants)],
            **line,
        )
        for document in headers
        for n in range(LINES)
    )


def got(port: type[Any]) -> Any:
    return container().get(port)


QUESTIONS: dict[str, Callable[[LevelKey], Any]] = {
    "levels": lambda key: got(StockReader).levels(
        LevelFilter(variant_id=key.variant_id), PageRequest()
    ),
    "coming": lambda key: got(Outlook).coming([key.variant_id], None),
    "orders": lambda key: got(Outlook).orders(key.variant_id, key.warehouse_id, None, 10),
    "queue": lambda key: got(SalesOrderRepository).backorders([key]),
    "outlook": lambda key: got(ReorderReader).outlook([key]),
    "open documents": lambda key: got(OpenDocuments).of_variants([key.variant_id], seen_in=None),
}


def read_whole(sql: str, *tables: str) -> list[str]:
    """Which of these tables a statement reads from their beginning to their end."""
    plan = plan_of(sql)
    return [
        name
        for name in tables
        if re.search(rf"Seq Scan on sms_{name}\b", plan)
        or re.search(rf"^SCAN (sms_)?{name}$", plan, re.MULTILINE)
    ]


def test_questions_about_open_orders_read_no_table_whole(key: LevelKey) -> None:
    found = {
        name: [
            table
            for sql in statements(lambda ask=ask: ask(key))
            for table in read_whole(sql, "entry", "posting", *ORDER_TABLES)
        ]
        for name, ask in QUESTIONS.items()
    }

    if connection.vendor == "sqlite":
        # It knows no rare values: to it drafts are as many as orders of any other state.
        found["outlook"].remove("purchase_order")
    assert found == {name: [] for name in QUESTIONS}
