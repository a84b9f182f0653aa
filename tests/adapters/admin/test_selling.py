"""The pages of sales orders and customers: promised, sent, waited for, brought back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sms_core.selling.commands import (
    ConfirmSalesOrder,
    CreateCustomer,
    CreateSalesOrder,
    WantedLine,
)
from sms_core.selling.customers import CustomerService
from sms_core.selling.services import SalesOrderService
from sms_django import models
from tests.adapters.admin.conftest import LogIn
from tests.adapters.admin.forms import errors, figures, filled, sent
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db
BASE = "/admin/sms/salesorder/"


@pytest.fixture
def shop(db: None) -> Shop:
    models.Company.objects.update(serves_backorders=False)
    return Shop()


@pytest.fixture
def customer(shop: Shop) -> int:
    command = CreateCustomer(code="ALFKI", name="Alfreds Futterkiste", address="Obere Str. 57")
    return int(shop.service(CustomerService).create(command, by=SYSTEM).id)


@pytest.fixture
def chai(shop: Shop) -> int:
    """10 on hand at 2.00, sold at 18.00 and 20 % tax on top."""
    id = shop.variant("CHAI", price=Decimal(18), tax_rate=Decimal(20))
    shop.receive(id, "10", unit_cost="2")
    return id


@pytest.fixture
def confirmed(shop: Shop, customer: int, chai: int) -> int:
    """An order of 12: 10 are reserved, 2 wait."""
    service = shop.service(SalesOrderService)
    line = WantedLine(variant_id=chai, quantity=Decimal(12))
    command = CreateSalesOrder(customer_id=customer, warehouse_id=shop.main.id, lines=(line,))
    id = int(service.create(command, by=SYSTEM).id)
    service.confirm(ConfirmSalesOrder(id=id), by=SYSTEM)
    return id


def act(client: Client, id: int, name: str, **head: Any) -> Any:
    """Open the page of an act and send it as it stands, but for what is given."""
    url = f"{BASE}{id}/{name}/"
    page = client.get(url)
    data = sent(page) if page.context["lines"] is not None else filled(page)
    return client.post(url, {**data, **head})


def order(id: int) -> Any:
    return models.SalesOrder.objects.get(pk=id)


def level() -> tuple[Decimal, Decimal]:
    row = models.Level.objects.get(variant__code="CHAI", in_transit=False)
    return row.on_hand, row.reserved


def test_an_order_goes_its_way(log_in: LogIn, owner: Client, customer: int, chai: int) -> None:
    clerk = log_in("clerk")
    line = {"variant": "CHAI", "quantity": "4", "discount_percent": "10"}
    data = filled(clerk.get(f"{BASE}add/"), line, customer=customer)
    done = clerk.post(f"{BASE}add/", data)
    assert done.status_code == 302, errors(done)
    id = models.SalesOrder.objects.get().pk
    page = clerk.get(f"{BASE}{id}/change/")
    assert dict(page.context["totals"]) == {"Net": "64.80", "Tax 20 %": "12.96", "Total": "77.76"}
    assert act(clerk, id, "confirm").status_code == 302
    assert level() == (10, 4)
    done = act(clerk, id, "ship", carrier="DHL", tracking="77", **{"lines-0-quantity": "3"})
    assert done.status_code == 302, errors(done)
    assert (level(), order(id).state) == ((7, 1), "partially_shipped")
    page = clerk.get(f"{BASE}{id}/change/")
    assert "DHL 77" in dict(page.context["facts"]).values()
    assert {title for title, _ in page.context["papers"]} == {"Pick list", "Delivery note"}
    back = {"lines-0-quantity": "1", "lines-0-reason_code": "wrong-item"}
    done = act(clerk, id, "return", **back)
    assert done.status_code == 302, errors(done)
    assert level() == (8, 1)
    assert act(clerk, id, "close").status_code == 302
    assert level() == (8, 0)


def test_confirming_is_seen_beforehand(owner: Client, shop: Shop, customer: int, chai: int) -> None:
    line = WantedLine(variant_id=chai, quantity=Decimal(12))
    command = CreateSalesOrder(customer_id=customer, warehouse_id=shop.main.id, lines=(line,))
    id = shop.service(SalesOrderService).create(command, by=SYSTEM).id
    page = act(owner, id, "confirm", preview="1")
    assert figures(page)[0][1] == ("0", "10")
    shown = {
        cell["label"]: str(cell["text"]) for cell in page.context["after"]["lines"][0]["cells"]
    }
    assert ">10<" in shown["Reserved"]
    assert ">2<" in shown["Backordered"]
    assert (order(id).state, level()) == ("draft", (10, 0))


def test_what_waits_is_served_once_there_is_some(
    owner: Client, shop: Shop, confirmed: int, chai: int
) -> None:
    def titles() -> set[str]:
        waiting = owner.get("/admin/work/").context["waiting"]
        return {heap.title for heap, _ in waiting if "rders" in heap.title}

    assert titles() == {"Sales orders to ship"}
    shop.receive(chai, "5")
    assert titles() == {"Sales orders to ship", "Backorders that can be served"}
    assert act(owner, confirmed, "allocate").status_code == 302
    assert level() == (15, 12)
    assert titles() == {"Sales orders to ship"}
    assert act(owner, confirmed, "ship").status_code == 302
    assert titles() == set()


def test_jumping_the_queue_is_for_those_who_may(
    owner: Client, log_in: LogIn, confirmed: int
) -> None:
    url = f"{BASE}{confirmed}/allocate/"
    assert "out_of_turn" in owner.get(url).context["head"].fields
    assert "out_of_turn" not in log_in("clerk").get(url).context["head"].fields


def test_sold_over_the_counter_once_or_not_at_all(log_in: LogIn, shop: Shop, chai: int) -> None:
    clerk = log_in("clerk")
    url = f"{BASE}sell-now/"
    page = clerk.post(url, filled(clerk.get(url), {"variant": "CHAI", "quantity": "11"}))
    assert set(errors(page)) == {"lines-0-quantity"}
    assert not models.SalesOrder.objects.exists()
    data = filled(clerk.get(url), {"variant": "CHAI", "quantity": "2"})
    shown = clerk.post(url, {**data, "preview": "1"})
    assert figures(shown)[0][0] == ("10", "8")
    assert not models.SalesOrder.objects.exists()
    first, second = clerk.post(url, data), clerk.post(url, data)
    assert first.url == second.url
    assert models.SalesOrder.objects.get().state == "shipped"
    assert level() == (8, 0)
    assert log_in("auditor").get(url).status_code == 403


def test_more_than_is_reserved_is_refused_at_its_line(owner: Client, confirmed: int) -> None:
    page = act(owner, confirmed, "ship", carrier="DHL", **{"lines-0-quantity": "11"})
    assert set(errors(page)) == {"lines-0-quantity"}
    assert page.context["head"]["carrier"].value() == "DHL"
    assert level() == (10, 10)


def test_what_is_broken_goes_to_the_bin(owner: Client, confirmed: int) -> None:
    act(owner, confirmed, "ship")
    back = {
        "lines-0-quantity": "2",
        "lines-0-reason_code": "damaged",
        "lines-0-disposition": "scrap",
    }
    done = act(owner, confirmed, "return", **back)
    assert done.status_code == 302, errors(done)
    assert level() == (0, 0)


def test_a_confirmed_order_is_amended_after_a_preview(owner: Client, confirmed: int) -> None:
    url = f"{BASE}{confirmed}/edit/"
    data = {**sent(owner.get(url)), "lines-0-quantity": "6"}
    page = owner.post(url, {**data, "preview": "1"})
    assert figures(page)[0][1] == ("10", "6")
    assert level() == (10, 10)
    assert owner.post(url, data).status_code == 302
    assert level() == (10, 6)
    data = {**sent(owner.get(url)), "lines-0-unit_price": "1"}
    assert set(errors(owner.post(url, data))) == {"lines-0-unit_price"}


@pytest.mark.parametrize(("name", "state"), [("cancel", "cancelled"), ("reopen", "draft")])
def test_what_is_not_sent_is_taken_back(
    name: str, state: str, owner: Client, confirmed: int
) -> None:
    assert act(owner, confirmed, name).status_code == 302
    assert (order(confirmed).state, level()) == (state, (10, 0))


def test_a_customer_lists_his_orders_and_postings(
    owner: Client, customer: int, confirmed: int
) -> None:
    act(owner, confirmed, "ship")
    page = owner.get(f"/admin/sms/customer/{customer}/change/")
    assert [row["number"] for row in page.context["papers"][0]["rows"]] == [order(confirmed).number]
    assert page.context["deliveries"]["rows"]
    assert owner.get(page.context["papers"][0]["all"]).context["cl"].result_count == 1


def test_customers_are_named_when_goods_go_and_come_directly(
    owner: Client, customer: int, chai: int
) -> None:
    line = {"variant": "CHAI", "quantity": "1"}
    for name, head in (
        ("issue", {"counterpart": "customer"}),
        ("take-back", {"reason_code": "wrong-item"}),
    ):
        url = f"/admin/sms/posting/{name}/"
        done = owner.post(url, filled(owner.get(url), line, customer=customer, **head))
        assert done.status_code == 302, errors(done)
        assert models.Posting.objects.latest("pk").customer_id == customer


def test_what_is_reserved_for_an_order_leads_to_it(owner: Client, confirmed: int) -> None:
    promise = models.Reservation.objects.get()
    page = owner.get("/admin/sms/reservation/").content.decode()
    assert f'href="{BASE}{confirmed}/change/"' in page
    assert f"/reservation/{promise.pk}/ship/" not in page
    url = f"/admin/sms/reservation/{promise.pk}/ship/"
    assert "ship the order" in str(errors(owner.post(url, filled(owner.get(url)))))
