"""The use cases of products and variants."""

from dataclasses import replace
from typing import Any

import pytest

from sms_core.catalogue.commands import (
    ChangeProduct,
    ChangeVariant,
    CreateVariant,
    NewVariant,
    PutImage,
)
from sms_core.catalogue.figures import StockFigures
from sms_core.catalogue.ports import ProductFilter, ProductSort, VariantFilter
from sms_core.catalogue.products import Barcode
from sms_core.shared.errors import (
    Conflict,
    DomainError,
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
from tests.core.catalogue.conftest import CLERK, OWNER, Catalogue, actor, d

ALL = PageRequest()
RED_AND_BLUE = (NewVariant(code="HAT-R"), NewVariant(code="HAT-B"))


def test_a_standard_product_is_made_with_its_variant(shop: Catalogue) -> None:
    barcodes = (Barcode("4001", d("12")),)
    hat = shop.product(stock_alert=d("3"), variants=(NewVariant(code="HAT", barcodes=barcodes),))

    (variant,) = shop.products.get(hat.id, by=OWNER).variants
    assert (variant.code, variant.name, variant.stock_alert) == ("HAT", "Hat", 3)
    assert variant.barcodes == barcodes


@pytest.mark.parametrize(
    ("variants", "pointer"),
    [
        (RED_AND_BLUE[:1], "/variants/0/code"),
        ((NewVariant(code="HAT", name="Cap"),), "/variants/0/name"),
        ((NewVariant(code="HAT"), NewVariant(code="HAT")), "/variants"),
    ],
)
def test_a_standard_products_variant_has_no_other_code_or_name(
    shop: Catalogue, variants: Any, pointer: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        shop.product(variants=variants)
    assert refusal.value.pointer == pointer


def test_what_a_product_refers_to_must_be_there(shop: Catalogue) -> None:
    with pytest.raises(Unknown) as refusal:
        shop.product(category_id=9, brand_id=9, unit_id=9)
    assert [e.pointer for e in refusal.value.errors] == ["/category_id", "/brand_id", "/unit_id"]


def test_codes_are_unique_among_live_products_and_variants(shop: Catalogue) -> None:
    shop.product("HAT")

    with pytest.raises(Duplicate) as refusal:
        shop.product("hat")
    assert refusal.value.pointer == "/code"
    with pytest.raises(Duplicate) as refusal:
        shop.product("CAP", type="variable", variants=(NewVariant(code="hat"),))
    assert refusal.value.pointer == "/variants/0/code"
    assert shop.products.search(ProductFilter(), ALL, by=OWNER).total == 1


def test_a_barcode_is_never_what_another_variant_is_scanned_by(shop: Catalogue) -> None:
    shop.product("77", variants=(NewVariant(code="77", barcodes=(Barcode("4001"),)),))

    for taken in ("04001", "077"):
        with pytest.raises(Duplicate) as refusal:
            shop.product("X", variants=(NewVariant(code="X", barcodes=(Barcode(taken),)),))
        assert refusal.value.pointer == "/variants/0/barcodes/0/code"


def test_a_scan_finds_a_variant_by_barcode_or_code(shop: Catalogue) -> None:
    hat = shop.product(variants=(NewVariant(code="HAT", barcodes=(Barcode("04001"),)),))
    shop.product("CAP")

    for text in ("4001", "004001", "hat"):
        found = shop.variants.search(VariantFilter(barcode=text), ALL, by=OWNER)
        assert [variant.product_id for variant in found.items] == [hat.id]


def test_a_standard_product_becomes_variable_and_back_with_one_variant(shop: Catalogue) -> None:
    hat = shop.product()
    shop.products.change(ChangeProduct(id=hat.id, type="variable"), by=OWNER)
    red = shop.variants.create(CreateVariant(product_id=hat.id, code="HAT-R"), by=OWNER)
    back = ChangeProduct(id=hat.id, type="standard")

    with pytest.raises(RuleBroken):
        shop.products.change(back, by=OWNER)
    shop.variants.delete(hat.variants[0].id, by=OWNER)
    shop.products.change(back, by=OWNER)

    assert shop.variants.get(red.id, by=OWNER).code == "HAT"


def test_a_standard_products_variant_is_not_handled_alone(shop: Catalogue) -> None:
    hat = shop.product()
    only = hat.variants[0].id

    for call in (
        lambda: shop.variants.create(CreateVariant(product_id=hat.id, code="H2"), by=OWNER),
        lambda: shop.variants.delete(only, by=OWNER),
        lambda: shop.variants.change(ChangeVariant(id=only, code="H2"), by=OWNER),
        lambda: shop.variants.change(ChangeVariant(id=only, name="Cap"), by=OWNER),
    ):
        with pytest.raises(RuleBroken) as refusal:
            call()
        assert refusal.value.code == "standard_product"
    shop.variants.change(ChangeVariant(id=only, code="HAT", name="", price=d("9")), by=OWNER)
    assert shop.variants.get(only, by=OWNER).name == "Hat"


def test_a_variant_needs_a_live_product_and_stays_with_it(shop: Catalogue) -> None:
    hat = shop.product(type="variable", variants=RED_AND_BLUE)

    with pytest.raises(Unknown) as refusal:
        shop.variants.create(CreateVariant(product_id=99, code="X"), by=OWNER)
    assert refusal.value.pointer == "/product_id"
    moved = ChangeVariant(id=hat.variants[0].id, product_id=99)
    with pytest.raises(RuleBroken) as rule:
        shop.variants.change(moved, by=OWNER)
    assert rule.value.pointer == "/product_id"


def test_a_stale_change_of_a_variant_is_refused(shop: Catalogue) -> None:
    red = shop.product(type="variable", variants=RED_AND_BLUE).variants[0]
    shop.variants.change(ChangeVariant(id=red.id, version=1, name="Red"), by=OWNER)

    with pytest.raises(Stale):
        shop.variants.change(ChangeVariant(id=red.id, version=1, name="Rot"), by=OWNER)
    with pytest.raises(Stale):
        shop.variants.delete(red.id, by=OWNER, version=1)


@pytest.mark.parametrize("values", [{"unit_id": 2}, {"tracks_lots": True}])
def test_how_a_product_is_counted_is_fixed_by_its_first_entry(
    shop: Catalogue, values: dict[str, Any]
) -> None:
    hat = shop.product()
    shop.usage.posted_products.add(hat.id)

    with pytest.raises(Conflict) as refusal:
        shop.products.change(ChangeProduct(id=hat.id, **values), by=OWNER)
    assert refusal.value.code == "has_entries"
    shop.products.change(ChangeProduct(id=hat.id, unit_id=1, tracks_lots=False), by=OWNER)
    shop.usage.posted_products.clear()
    changed = shop.products.change(ChangeProduct(id=hat.id, **values), by=OWNER)
    assert {name: getattr(changed, name) for name in values} == values


def test_another_unit_must_count_what_is_there(shop: Catalogue) -> None:
    rice = shop.product("RICE", unit_id=2, stock_alert=d("1.5"))

    with pytest.raises(RuleBroken) as refusal:
        shop.products.change(ChangeProduct(id=rice.id, unit_id=1), by=OWNER)
    assert refusal.value.pointer == "/stock_alert"


def test_a_product_takes_its_variants_along_both_ways(shop: Catalogue) -> None:
    hat = shop.product(type="variable", variants=(*RED_AND_BLUE, NewVariant(code="HAT-G")))
    red, blue, green = (variant.id for variant in hat.variants)
    shop.variants.delete(green, by=OWNER)
    shop.clock.advance(hours=1)

    shop.products.delete(hat.id, by=OWNER)
    for id in (red, blue, green):
        with pytest.raises(NotFound):
            shop.variants.get(id, by=OWNER)
    back = shop.products.restore(hat.id, by=OWNER)

    assert [variant.id for variant in back.variants] == [red, blue]
    assert shop.variants.search(VariantFilter(), ALL, by=OWNER).total == 2


def test_a_variant_does_not_come_back_without_its_product(shop: Catalogue) -> None:
    hat = shop.product(type="variable", variants=RED_AND_BLUE)
    red, blue = (variant.id for variant in hat.variants)
    shop.variants.delete(red, by=OWNER)
    shop.products.change(ChangeProduct(id=hat.id, type="standard"), by=OWNER)
    with pytest.raises(RuleBroken):
        shop.variants.restore(red, by=OWNER)

    shop.products.delete(hat.id, by=OWNER)
    with pytest.raises(Conflict) as refusal:
        shop.variants.restore(blue, by=OWNER)
    assert refusal.value.code == "refers_to_archived"


def test_a_product_does_not_come_back_to_an_archived_category_or_a_taken_code(
    shop: Catalogue,
) -> None:
    hat = shop.product()
    shop.products.delete(hat.id, by=OWNER)
    shop.categories.delete(1, by=OWNER)
    with pytest.raises(Conflict) as refusal:
        shop.products.restore(hat.id, by=OWNER)
    assert refusal.value.code == "refers_to_archived"

    shop.categories.restore(1, by=OWNER)
    shop.product("HAT")
    with pytest.raises(Duplicate):
        shop.products.restore(hat.id, by=OWNER)
    with pytest.raises(NotFound):
        shop.products.get(hat.id, by=OWNER)


def test_what_has_stock_is_not_archived(shop: Catalogue) -> None:
    hat = shop.product(type="variable", variants=RED_AND_BLUE)
    shop.usage.products[hat.id] = shop.usage.variants[hat.variants[0].id] = "stock in MAIN (12)"

    with pytest.raises(InUse, match=r"stock in MAIN \(12\)"):
        shop.products.delete(hat.id, by=OWNER)
    with pytest.raises(InUse, match=r"stock in MAIN \(12\)"):
        shop.variants.delete(hat.variants[0].id, by=OWNER)
    assert shop.products.bulk_delete([hat.id], by=OWNER).in_use_ids == [hat.id]


def test_who_may_not_see_costs_sees_none_and_sets_none(shop: Catalogue) -> None:
    hat = shop.product(cost=d("4"), variants=(NewVariant(code="HAT", cost=d("5")),))
    only = hat.variants[0].id
    shop.variant_rows.held[only, 1] = StockFigures(on_hand=d("2"), average_cost=d("4"))

    seen = shop.products.get(hat.id, by=CLERK)
    assert (seen.cost, seen.variants[0].cost, seen.variants[0].stock.average_cost) == (None,) * 3
    assert shop.variants.get(only, by=CLERK).cost is None
    for call in (
        lambda: shop.product("CAP", by=CLERK, cost=d("1")),
        lambda: shop.product("CAP", by=CLERK, variants=(NewVariant(code="CAP", cost=d("1")),)),
        lambda: shop.products.change(ChangeProduct(id=hat.id, cost=d("1")), by=CLERK),
        lambda: shop.variants.change(ChangeVariant(id=only, cost=d("1")), by=CLERK),
    ):
        with pytest.raises(Forbidden):
            call()


def test_a_change_by_who_may_not_see_costs_keeps_them(shop: Catalogue) -> None:
    hat = shop.product(cost=d("4"))

    shop.products.change(ChangeProduct(id=hat.id, cost=None, price=d("9")), by=CLERK)

    assert shop.products.get(hat.id, by=OWNER).cost == 4


def test_nobody_orders_by_what_he_may_not_see(shop: Catalogue) -> None:
    by_cost = ProductFilter(order=(Order(ProductSort.COST),))

    shop.products.search(by_cost, ALL, by=OWNER)
    with pytest.raises(Invalid):
        shop.products.search(by_cost, ALL, by=CLERK)


def test_stock_is_that_of_the_warehouses_one_sees(shop: Catalogue) -> None:
    hat = shop.product(stock_alert=d("5"))
    only = hat.variants[0].id
    shop.variant_rows.held[only, 1] = StockFigures(on_hand=d("4"), available=d("4"))
    shop.variant_rows.held[only, 2] = StockFigures(on_hand=d("9"), available=d("8"))
    one = actor(warehouse_ids=frozenset({1}))

    assert shop.products.get(hat.id, by=OWNER).stock.available == 12
    assert shop.products.get(hat.id, by=one).stock.available == 4
    short = ProductFilter(below_alert=True)
    assert shop.products.search(short, ALL, by=OWNER).total == 0
    assert shop.products.search(short, ALL, by=one).total == 1
    asked_for_more = replace(short, seen_in=None, warehouse_id=2)
    assert shop.products.search(asked_for_more, ALL, by=one).items[0].stock.on_hand == 0


def test_a_new_picture_replaces_the_old_one(shop: Catalogue) -> None:
    hat = shop.product()
    for service, id in ((shop.products, hat.id), (shop.variants, hat.variants[0].id)):
        first = service.put_image(PutImage(id=id, content=b"one"), by=OWNER).image
        second = service.put_image(PutImage(id=id, content=b"two"), by=OWNER).image
        assert first not in shop.images.pictures
        assert shop.images.pictures[second] == b"two"

        service.remove_image(id, by=OWNER)

        assert service.get(id, by=OWNER).image == ""
        assert shop.images.pictures == {}


def test_a_refused_picture_leaves_nothing_behind(shop: Catalogue) -> None:
    hat = shop.product()

    for command in (PutImage(id=99, content=b"x"), PutImage(id=hat.id, content=b"x", version=9)):
        with pytest.raises(DomainError):
            shop.products.put_image(command, by=OWNER)
    assert shop.images.pictures == {}


def test_nobody_does_anything_without_its_permission(shop: Catalogue) -> None:
    shop.product()
    nobody = replace(OWNER, permissions=frozenset())

    for call in (
        lambda: shop.product("CAP", by=nobody),
        lambda: shop.products.get(1, by=nobody),
        lambda: shop.products.search(ProductFilter(), ALL, by=nobody),
        lambda: shop.products.change(ChangeProduct(id=1), by=nobody),
        lambda: shop.products.delete(1, by=nobody),
        lambda: shop.products.restore(1, by=nobody),
        lambda: shop.products.put_image(PutImage(id=1, content=b""), by=nobody),
        lambda: shop.products.remove_image(1, by=nobody),
        lambda: shop.variants.get(1, by=nobody),
        lambda: shop.variants.search(VariantFilter(), ALL, by=nobody),
        lambda: shop.variants.create(CreateVariant(product_id=1, code="X"), by=nobody),
        lambda: shop.variants.change(ChangeVariant(id=1), by=nobody),
        lambda: shop.variants.delete(1, by=nobody),
        lambda: shop.variants.restore(1, by=nobody),
        lambda: shop.variants.put_image(PutImage(id=1, content=b""), by=nobody),
        lambda: shop.variants.remove_image(1, by=nobody),
    ):
        with pytest.raises(Forbidden):
            call()
