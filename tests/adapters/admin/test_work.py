"""What there is to do: for whom, in which warehouse, and where the next step leads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sms_core.purchasing.commands import (
    CreatePurchaseOrder,
    CreateSupplier,
    OrderedLine,
    PlaceOrder,
)
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.services import SupplierService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, filled, sent
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
WORK = "/admin/work/"
ORDERS = "/admin/sms/purchaseorder/"


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


@pytest.fixture
def supplier(shop: Shop) -> int:
    command = CreateSupplier(code="EXO", name="Exotic Liquids")
    return int(shop.service(SupplierService).create(command, by=SYSTEM).id)


def ordered(shop: Shop, supplier: int, *, placed: bool = True, at: int | None = None) -> int:
    """An order of one thing, for the main warehouse unless it is told where."""
    found = models.Variant.objects.filter(code="CHAI").first()
    chai = found.pk if found else shop.variant("CHAI")
    service = shop.service(PurchaseOrderService)
    line = OrderedLine(variant_id=chai, quantity=Decimal(1), unit_cost=Decimal(2))
    command = CreatePurchaseOrder(
        supplier_id=supplier, warehouse_id=at or shop.main.id, lines=(line,)
    )
    id = int(service.create(command, by=SYSTEM).id)
    if placed:
        service.place(PlaceOrder(id=id), by=SYSTEM)
    return id


def waiting(client: Client) -> dict[str, int]:
    return {heap.title: count for heap, count in client.get(WORK).context["waiting"]}


def steps(client: Client, title: str) -> list[Any]:
    heaps = {heap.title: heap for heap, _ in client.get(WORK).context["waiting"]}
    return [row["steps"] for row in heaps[title].items]


def test_nothing_waits_in_an_empty_shop(owner: Client, shop: Shop) -> None:
    assert "Nothing waits for you" in owner.get(WORK).content.decode()


def test_each_order_waits_for_its_next_step(owner: Client, shop: Shop, supplier: int) -> None:
    placed, drafted = ordered(shop, supplier), ordered(shop, supplier, placed=False)
    assert waiting(owner) == {"Purchase orders to place": 1, "Purchase orders to receive": 1}
    assert steps(owner, "Purchase orders to receive") == [
        [("Receive", f"{ORDERS}{placed}/receive/")]
    ]
    assert steps(owner, "Purchase orders to place") == [[("Place", f"{ORDERS}{drafted}/place/")]]
    overview = owner.get("/admin/").content.decode()
    assert f"{ORDERS}?work=receive" in overview


def test_nobody_is_shown_what_he_may_not_do(log_in: LogIn, shop: Shop, supplier: int) -> None:
    ordered(shop, supplier)
    ordered(shop, supplier, placed=False)
    assert waiting(log_in("clerk")) == {"Purchase orders to receive": 1}
    assert waiting(log_in("auditor")) == {}
    north = shop.open_warehouse("NORTH")
    assert waiting(log_in("owner", warehouse_ids=[north.id])) == {}


def test_my_drafts_are_mine(log_in: LogIn, shop: Shop, supplier: int) -> None:
    ordered(shop, supplier, placed=False)
    mine, other = log_in("manager"), log_in("manager")
    shop.variant("MUG")
    page = mine.get(f"{ORDERS}add/")
    line = {"variant": "MUG", "quantity": "1", "unit_cost": "1"}
    assert mine.post(f"{ORDERS}add/", filled(page, line, supplier=supplier)).status_code == 302
    made = models.PurchaseOrder.objects.latest("pk").pk
    title = "My drafts: purchase orders"
    assert steps(mine, title) == [[("Change", f"{ORDERS}{made}/edit/")]]
    assert title not in waiting(other)
    listed = mine.get(ORDERS, {"work": "mine"}).context["cl"].result_list
    assert [row.pk for row in listed] == [made]


def test_goods_in_quarantine_wait_for_a_decision(owner: Client, log_in: LogIn, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "3", location_id=shop.main.quarantine_location_id, unit_cost="2")
    (ways,) = steps(owner, "Quarantine to decide")
    assert [verb for verb, _ in ways] == ["Put back", "Send back", "Scrap"]
    for verb, url in ways:
        page = owner.get(url)
        reason = {"Scrap": "damaged", "Send back": "defective"}
        data = {**sent(page), "lines-0-quantity": "1"}
        if verb in reason:
            data["reason_code"] = reason[verb]
        done = owner.post(url, data)
        assert done.status_code == 302, (verb, errors(done))
    held = models.Bin.objects.filter(location_id=shop.main.quarantine_location_id)
    assert held.get().on_hand == 0
    assert models.Level.objects.get().on_hand == 1
    assert "Quarantine to decide" not in waiting(owner)


def test_quarantine_of_other_warehouses_is_theirs(log_in: LogIn, shop: Shop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "3", location_id=shop.main.quarantine_location_id)
    north = shop.open_warehouse("NORTH")
    assert waiting(log_in("owner", warehouse_ids=[north.id])) == {}
    assert waiting(log_in("clerk")) == {"Quarantine to decide": 1}
    assert waiting(log_in("auditor")) == {}


def test_much_work_costs_no_more_queries_than_little(
    owner: Client, shop: Shop, supplier: int
) -> None:
    counts = []
    for more in (1, 11):
        for _ in range(more):
            ordered(shop, supplier)
        owner.get(WORK)
        with CaptureQueriesContext(connection) as queries:
            page = owner.get(WORK)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "All 12" in page.content.decode()


# --- partners ----------------------------------------------------------------------------------
def test_a_supplier_lists_his_orders_and_postings(
    owner: Client, log_in: LogIn, shop: Shop, supplier: int
) -> None:
    id = ordered(shop, supplier)
    url = f"{ORDERS}{id}/receive/"
    assert owner.post(url, sent(owner.get(url))).status_code == 302
    page = owner.get(f"/admin/sms/supplier/{supplier}/change/")
    html = page.content.decode()
    assert f"{ORDERS}add/?supplier={supplier}" in html
    assert models.PurchaseOrder.objects.get().number in html
    assert models.Posting.objects.get().number in html
    for link in (type["all"] for type in page.context["papers"]):
        assert owner.get(link).context["cl"].result_count == 1
    assert owner.get(page.context["deliveries"]["all"]).context["cl"].result_count == 1
    north = shop.open_warehouse("NORTH")
    limited = log_in("owner", warehouse_ids=[north.id])
    page = limited.get(f"/admin/sms/supplier/{supplier}/change/")
    assert page.context["papers"][0]["rows"] == page.context["deliveries"]["rows"] == []


def test_a_supplier_is_kept_by_the_core(owner: Client, supplier: int) -> None:
    url = "/admin/sms/supplier/add/"
    page = owner.post(url, {"code": "exo", "name": "Another"})
    assert "code" in page.context["adminform"].form.errors
    assert owner.post(url, {"code": "NEW", "name": "New one"}).status_code == 302
    assert models.Supplier.objects.filter(code="NEW").exists()
