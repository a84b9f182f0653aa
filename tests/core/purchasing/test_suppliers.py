"""Whom we buy from, and what they sell."""

from decimal import Decimal

import pytest

from sms_core.purchasing.commands import (
    ChangeSupplier,
    ChangeSupplierItem,
    CreateSupplier,
    CreateSupplierItem,
)
from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.ports import (
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemSort,
    SupplierSort,
)
from sms_core.shared.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InUse,
    Invalid,
    NotFound,
    RuleBroken,
    Stale,
    Unknown,
)
from sms_core.shared.paging import Order, PageRequest
from tests.core.purchasing.conftest import Shop, buyer
from tests.core.stock.conftest import CHAI, TEA

BLIND = buyer("cost.view")


def test_a_supplier_is_kept_tidy(shop: Shop) -> None:
    command = CreateSupplier(code=" X ", name=" Exotic ", email="a@example.com", notes="By phone")

    supplier = shop.supplier_service.create(command, by=buyer())

    found = shop.supplier_service.get(supplier.id, by=buyer())
    assert (found.code, found.name, found.email) == ("X", "Exotic", "a@example.com")


@pytest.mark.parametrize("email", ["nobody", "a@", "a b@example.com", "@example.com"])
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Supplier(code="X", name="X", email=email)

    assert refusal.value.pointer == "/email"


def test_two_live_suppliers_never_share_a_code(shop: Shop) -> None:
    with pytest.raises(Duplicate) as refusal:
        shop.supplier_service.create(CreateSupplier(code="acme", name="A"), by=buyer())
    assert refusal.value.pointer == "/code"


def test_suppliers_are_found_by_what_is_known_of_them(shop: Shop) -> None:
    shop.supplier_service.create(
        CreateSupplier(code="Z", name="Zaanse", tax_id="NL1", phone="0123"), by=buyer()
    )

    for text in ("zaan", "nl1", "0123"):
        filter = SupplierFilter(search=text)
        found = shop.supplier_service.search(filter, PageRequest(), by=buyer())
        assert [supplier.code for supplier in found.items] == ["Z"]
    backwards = SupplierFilter(order=(Order(SupplierSort.NAME, descending=True),))
    found = shop.supplier_service.search(backwards, PageRequest(), by=buyer())
    assert [supplier.code for supplier in found.items] == ["Z", "OTHER", "ACME"]


def test_a_supplier_of_open_orders_cannot_be_archived(shop: Shop) -> None:
    shop.open_documents.suppliers[shop.acme] = "PO-2026-000001"

    with pytest.raises(InUse, match="PO-2026-000001"):
        shop.supplier_service.delete(shop.acme, by=buyer())


def test_what_a_supplier_sells_goes_and_comes_back_with_it(shop: Shop) -> None:
    item = shop.item(shop.acme, CHAI, is_preferred=True)
    earlier = shop.item(shop.acme, TEA)
    shop.item_service.delete(earlier, by=buyer())
    shop.clock.advance(hours=1)

    shop.supplier_service.delete(shop.acme, by=buyer())

    with pytest.raises(NotFound):
        shop.item_service.get(item, by=buyer())
    shop.supplier_service.restore(shop.acme, by=buyer())
    assert not shop.item_service.get(item, by=buyer()).is_preferred
    with pytest.raises(NotFound):
        shop.item_service.get(earlier, by=buyer())


def test_a_stale_change_of_a_supplier_is_refused(shop: Shop) -> None:
    shop.supplier_service.change(ChangeSupplier(id=shop.acme, name="New"), by=buyer())

    with pytest.raises(Stale):
        shop.supplier_service.change(
            ChangeSupplier(id=shop.acme, version=1, name="Newer"), by=buyer()
        )


def test_a_supplier_has_one_live_item_of_a_variant(shop: Shop) -> None:
    item = shop.item(shop.acme, CHAI)

    with pytest.raises(Duplicate) as refusal:
        shop.item(shop.acme, CHAI)
    assert refusal.value.pointer == "/variant_id"
    shop.item_service.delete(item, by=buyer())
    shop.item(shop.acme, CHAI)
    with pytest.raises(Duplicate):
        shop.item_service.restore(item, by=buyer())


def test_preferring_one_supplier_takes_it_from_the_other(shop: Shop) -> None:
    first = shop.item(shop.acme, CHAI, is_preferred=True)
    tea = shop.item(shop.acme, TEA, is_preferred=True)
    second = shop.item(shop.other, CHAI, is_preferred=True)

    preferred = {
        item.id
        for item in shop.item_service.search(
            SupplierItemFilter(is_preferred=True), PageRequest(), by=buyer()
        ).items
    }
    assert preferred == {second, tea}

    shop.item_service.change(ChangeSupplierItem(id=first, is_preferred=True), by=buyer())
    assert not shop.item_service.get(second, by=buyer()).is_preferred


def test_nothing_is_taken_from_the_other_when_the_change_fails(shop: Shop) -> None:
    first = shop.item(shop.acme, CHAI, is_preferred=True)

    with pytest.raises(Duplicate):
        shop.item(shop.acme, CHAI, is_preferred=True)
    assert shop.item_service.get(first, by=buyer()).is_preferred


def test_an_item_needs_a_live_supplier_and_variant(shop: Shop) -> None:
    for supplier_id, variant_id, pointer in ((99, CHAI, "supplier_id"), (1, 99, "variant_id")):
        with pytest.raises(Unknown) as refusal:
            shop.item(supplier_id, variant_id)
        assert refusal.value.pointer == f"/{pointer}"


def test_an_item_stays_with_its_supplier_and_variant(shop: Shop) -> None:
    id = shop.item(shop.acme, CHAI)

    for values in ({"supplier_id": shop.other}, {"variant_id": TEA}):
        with pytest.raises(RuleBroken) as refusal:
            shop.item_service.change(ChangeSupplierItem(id=id, **values), by=buyer())
        assert refusal.value.code == "fixed"
    same = ChangeSupplierItem(id=id, supplier_id=shop.acme, variant_id=CHAI, code="N")
    assert shop.item_service.change(same, by=buyer()).code == "N"


def test_an_item_cannot_come_back_without_its_supplier(shop: Shop) -> None:
    id = shop.item(shop.acme, CHAI)
    shop.item_service.delete(id, by=buyer())
    shop.supplier_service.delete(shop.acme, by=buyer())

    with pytest.raises(Conflict) as refusal:
        shop.item_service.restore(id, by=buyer())
    assert refusal.value.code == "refers_to_archived"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"pack_size": Decimal(0)}, "/pack_size"),
        ({"pack_size": Decimal("0.00001")}, "/pack_size"),
        ({"unit_cost": Decimal(-1)}, "/unit_cost"),
        ({"lead_days": -1}, "/lead_days"),
        ({"lead_days": 3651}, "/lead_days"),
    ],
)
def test_impossible_numbers_of_an_item_are_refused(
    values: dict[str, Decimal], pointer: str
) -> None:
    with pytest.raises((Invalid, RuleBroken)) as refusal:
        SupplierItem(supplier_id=1, variant_id=1, **values)

    assert refusal.value.pointer == pointer


def test_who_may_not_see_costs_neither_reads_nor_sets_them(shop: Shop) -> None:
    id = shop.item(shop.acme, CHAI, unit_cost="3")

    assert shop.item_service.get(id, by=BLIND).unit_cost is None
    found = shop.item_service.search(SupplierItemFilter(), PageRequest(), by=BLIND)
    assert found.items[0].unit_cost is None
    by_cost = SupplierItemFilter(order=(Order(SupplierItemSort.UNIT_COST),))
    with pytest.raises(Invalid):
        shop.item_service.search(by_cost, PageRequest(), by=BLIND)
    with pytest.raises(Forbidden):
        shop.item_service.change(ChangeSupplierItem(id=id, unit_cost=Decimal(4)), by=BLIND)
    command = CreateSupplierItem(supplier_id=1, variant_id=TEA, unit_cost=Decimal(4))
    with pytest.raises(Forbidden):
        shop.item_service.create(command, by=BLIND)

    shop.item_service.change(ChangeSupplierItem(id=id, code="N", unit_cost=None), by=BLIND)
    assert shop.item_service.get(id, by=buyer()).unit_cost == 3
