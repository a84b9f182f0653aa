"""The Northwind catalogue goes in over HTTP, is received, and adds up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from config.container import container
from sms_core.access.commands import CreateUser
from sms_core.access.entities import system_actor
from sms_core.access.services import UserService
from sms_django import models
from tests.acceptance import northwind
from tests.acceptance.northwind import Integrator

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (northwind.folder() / "products.csv").exists(),
        reason="needs the Northwind data; SMS_NORTHWIND says where it is",
    ),
]
PASSWORD = "correct horse battery"


@pytest.fixture
def integrator(live_server: Any) -> Integrator:
    """A program with the manager's rights."""
    manager = models.Role.objects.get(name="manager").pk
    command = CreateUser(username="importer", password=PASSWORD, role_ids=(manager,))
    container().get(UserService).create(command, by=system_actor())
    return Integrator(live_server.url, "importer", PASSWORD)


def test_the_catalogue_goes_in_is_received_and_adds_up(integrator: Integrator) -> None:
    variants = enter_catalogue(integrator)
    receive_everything(integrator, variants)
    retire_discontinued(integrator)

    assert counts(integrator) == {"categories": 8, "brands": 29, "products": 77, "variants": 77}
    the_levels_sum_up(integrator)
    the_reorder_list_is_right(integrator)
    pages_add_up(integrator)
    searches_find_what_they_should(integrator)


def enter_catalogue(integrator: Integrator) -> dict[str, int]:
    """Categories, suppliers' names as brands, products; the variant of each product number."""
    categories = {
        row["categoryID"]: integrator.post(
            "categories/", {"code": row["categoryID"], "name": row["categoryName"]}
        )["id"]
        for row in northwind.table("categories")
    }
    brands = {
        row["supplierID"]: integrator.post("brands/", {"name": row["companyName"]})["id"]
        for row in northwind.table("suppliers")
    }
    (pieces,) = integrator.all("units/", code="pc")
    variants = {}
    for row in northwind.table("products"):
        made = integrator.post(
            "products/",
            {
                "code": f"NW-{row['productID']}",
                "name": row["productName"],
                "description": row["quantityPerUnit"],
                "category_id": categories[row["categoryID"]],
                "brand_id": brands[row["supplierID"]],
                "unit_id": pieces["id"],
                "price": row["unitPrice"],
                "stock_alert": row["reorderLevel"],
            },
        )
        assert Decimal(made["price"]) == Decimal(row["unitPrice"])
        variants[row["productID"]] = made["variants"][0]["id"]
    return variants


def receive_everything(integrator: Integrator, variants: dict[str, int]) -> None:
    """One warehouse, one receipt of whatever Northwind had in stock."""
    main = integrator.post("warehouses/", {"code": "MAIN", "name": "Main warehouse"})
    lines = [
        {"variant_id": variants[row["productID"]], "quantity": row["unitsInStock"]}
        for row in northwind.table("products")
        if int(row["unitsInStock"]) > 0
    ]
    posting = integrator.post(
        "stock/receipts/",
        {"warehouse_id": main["id"], "reference": "Northwind", "lines": lines},
    )
    assert len(posting["entries"]) == len(lines) == 72


def retire_discontinued(integrator: Integrator) -> None:
    """Once received: nothing more comes in of what is discontinued."""
    discontinued = {
        f"NW-{row['productID']}"
        for row in northwind.table("products")
        if row["discontinued"] == "1"
    }
    for product in integrator.all("products/", page_size=200):
        if product["code"] in discontinued:
            integrator.patch(
                f"products/{product['id']}/",
                {"is_active": False, "version": product["version"]},
            )


def counts(integrator: Integrator) -> dict[str, int]:
    names = ("categories", "brands", "products", "variants")
    return {name: integrator.get(f"{name}/")["count"] for name in names}


def the_levels_sum_up(integrator: Integrator) -> None:
    levels = integrator.all("stock/levels/", page_size=50)
    assert sum(Decimal(level["on_hand"]) for level in levels) == 3119
    products = integrator.all("products/", page_size=50)
    assert sum(Decimal(product["on_hand"]) for product in products) == 3119
    stocked = {row["productID"]: row["unitsInStock"] for row in northwind.table("products")}
    for product in products:
        number = product["code"].removeprefix("NW-")
        assert Decimal(product["available"]) == Decimal(stocked[number])


def the_reorder_list_is_right(integrator: Integrator) -> None:
    short = {
        f"NW-{row['productID']}"
        for row in northwind.table("products")
        if int(row["unitsInStock"]) <= int(row["reorderLevel"])
    }
    listed = integrator.all("products/", below_alert="true")
    assert {product["code"] for product in listed} == short
    assert len(short) == 22
    assert len(integrator.all("products/", below_alert="true", is_active="true")) == 18
    assert len(integrator.all("products/", below_alert="false")) == 77 - 22


def pages_add_up(integrator: Integrator) -> None:
    for ordering in ("name", "-price", "created_at"):
        for size in (7, 25):
            pages = list(integrator.pages("products/", page_size=size, ordering=ordering))
            assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
            assert len({product["id"] for page in pages for product in page}) == 77


def searches_find_what_they_should(integrator: Integrator) -> None:
    def found(text: str) -> list[str]:
        return sorted(product["name"] for product in integrator.all("products/", search=text))

    assert found("%") == found("_") == []
    assert found("chef anton") == ["Chef Anton's Cajun Seasoning", "Chef Anton's Gumbo Mix"]
    assert found("CHÂTEAU") == []
    assert found("CÔTE DE BLAYE") == ["Côte de Blaye"]
    (seafood,) = integrator.all("categories/", name="seafood")
    assert integrator.get("products/", category_id=seafood["id"])["count"] == 12
