"""What the catalogue reads off the stock tables: figures, what is in use, what has entries."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.catalogue.figures import StockFigures
from sms_core.catalogue.ports import ProductFilter, VariantFilter
from sms_core.shared.paging import PageRequest
from sms_django import models
from sms_django.repositories.catalogue_products import (
    DjangoProductRepository,
    DjangoVariantRepository,
)
from sms_django.repositories.usage import DjangoUsage
from sms_django.stock_figures import company_day
from tests.core.catalogue.conftest import d

pytestmark = pytest.mark.django_db
ALL = PageRequest()


class Stocked:
    """Rows as postings leave them, without the postings."""

    def __init__(self) -> None:
        self.category = models.Category.objects.create(
            code="C", code_key="c", name="Cat", name_key="cat"
        )
        self.unit = models.Unit.objects.create(code="bag", code_key="bag", name="Bag", places=0)
        self.places: dict[tuple[str, str], models.Location] = {}

    def variant(self, code: str, **values: Any) -> models.Variant:
        product = models.Product.objects.create(
            type="standard",
            tax_method="exclusive",
            code=code,
            code_key=code.casefold(),
            name=code,
            name_key=code.casefold(),
            category=self.category,
            unit=self.unit,
        )
        return models.Variant.objects.create(
            product=product, code=code, code_key=code.casefold(), **values
        )

    def place(self, warehouse: str, kind: str = "storage") -> models.Location:
        key = warehouse, kind
        if key not in self.places:
            house, _ = models.Warehouse.objects.get_or_create(
                code=warehouse, code_key=warehouse.casefold(), name=warehouse
            )
            self.places[key] = models.Location.objects.create(
                warehouse=house, code=kind, code_key=kind, name=kind, kind=kind
            )
        return self.places[key]

    def put(
        self, variant: models.Variant, place: models.Location, quantity: str, **lot: Any
    ) -> models.Level:
        level, _ = models.Level.objects.get_or_create(
            variant=variant,
            warehouse=place.warehouse,
            in_transit=place.kind == "transit",
            defaults={"version": 1},
        )
        level.on_hand += d(quantity)
        level.value += d(quantity) * 2
        level.save()
        batch = None
        if lot:
            code = f"L{models.Lot.objects.count()}"
            batch = models.Lot.objects.create(
                variant=variant, code=code, code_key=code.casefold(), **lot
            )
        models.Bin.objects.create(level=level, location=place, lot=batch, on_hand=d(quantity))
        return level


@pytest.fixture
def stocked() -> Stocked:
    return Stocked()


def figures(variant: models.Variant, seen_in: frozenset[int] | None = None) -> StockFigures:
    return DjangoVariantRepository().read(variant.pk, seen_in=seen_in).stock


def test_a_variant_nobody_received_has_nothing(stocked: Stocked) -> None:
    assert figures(stocked.variant("HAT")) == StockFigures()


def test_available_is_in_storage_usable_and_not_promised(stocked: Stocked) -> None:
    hat, today = stocked.variant("HAT"), company_day()
    storage = stocked.place("MAIN")
    level = stocked.put(hat, storage, "10")
    stocked.put(hat, stocked.place("MAIN", "quarantine"), "1")
    stocked.put(hat, stocked.place("MAIN", "transit"), "500")
    stocked.put(hat, storage, "20", expires_on=today)
    stocked.put(hat, storage, "40", expires_on=today - timedelta(days=1))
    stocked.put(hat, storage, "80", is_blocked=True)
    models.Level.objects.filter(pk=level.pk).update(reserved=d("4"))

    found = figures(hat)

    assert (found.on_hand, found.reserved, found.available) == (151, 4, 26)


def test_the_day_is_the_companys(stocked: Stocked) -> None:
    models.Company.objects.update_or_create(pk=1, defaults={"time_zone": "Pacific/Auckland"})

    assert company_day(datetime(2026, 5, 1, 20, 0, tzinfo=UTC)) == date(2026, 5, 2)


def test_costs_are_the_average_there_and_the_last_one_paid(stocked: Stocked) -> None:
    hat = stocked.variant("HAT")
    now = datetime.now(UTC)
    for number, (code, value, cost) in enumerate((("A", "10", "5"), ("B", "1", "4"))):
        level = stocked.put(hat, stocked.place(code), "3")
        models.Level.objects.filter(pk=level.pk).update(
            value=d(value), last_cost=d(cost), last_cost_at=now - timedelta(days=number)
        )

    found = figures(hat)

    assert (found.average_cost, found.last_cost) == (d("1.833333"), 5)


def test_figures_are_those_of_the_warehouses_seen(stocked: Stocked) -> None:
    hat = stocked.variant("HAT")
    here, there = stocked.place("A"), stocked.place("B")
    stocked.put(hat, here, "3")
    stocked.put(hat, there, "5")

    assert figures(hat).on_hand == 8
    assert figures(hat, frozenset({here.warehouse_id})).on_hand == 3
    assert figures(hat, frozenset()).on_hand == 0
    one = VariantFilter(warehouse_id=there.warehouse_id)
    (listed,) = DjangoVariantRepository().search(one, ALL).items
    assert (listed.stock.on_hand, listed.stock.available) == (5, 5)


def test_below_alert_compares_what_is_available_where_one_looks(stocked: Stocked) -> None:
    here, there = stocked.place("A"), stocked.place("B")
    for code, alert, quantities in (
        ("AT", "8", ("3", "5")),
        ("OVER", "7", ("3", "5")),
        ("NONE", None, ("3", "5")),
    ):
        variant = stocked.variant(code, stock_alert=None if alert is None else d(alert))
        for place, quantity in zip((here, there), quantities, strict=True):
            stocked.put(variant, place, quantity)

    def short(**values: Any) -> list[str]:
        wanted = ProductFilter(below_alert=True, **values)
        return [product.code for product in DjangoProductRepository().search(wanted, ALL).items]

    assert short() == ["AT"]
    assert short(seen_in=frozenset({here.warehouse_id})) == ["AT", "OVER"]
    assert short(warehouse_id=there.warehouse_id) == ["AT", "OVER"]


def test_what_is_in_use_says_by_what(stocked: Stocked) -> None:
    hat, cap = stocked.variant("HAT"), stocked.variant("CAP")
    stocked.put(hat, stocked.place("MAIN"), "12.5")
    stocked.put(hat, stocked.place("EAST"), "3")
    stocked.put(cap, stocked.place("EAST"), "0")
    models.Category.objects.create(
        code="S", code_key="s", name="Sub", name_key="sub", parent=stocked.category
    )
    brand = models.Brand.objects.create(name="Acme", name_key="acme")
    models.Product.objects.filter(pk=hat.product_id).update(brand=brand)
    usage = DjangoUsage()

    where = "stock in warehouse EAST (3), warehouse MAIN (12.5)"
    assert usage.of_brands([brand.pk]) == {brand.pk: "1 product"}
    assert usage.of_categories([stocked.category.pk]) == {
        stocked.category.pk: "2 products and 1 subcategory"
    }
    assert usage.of_units([stocked.unit.pk]) == {stocked.unit.pk: "2 products"}
    assert usage.of_products([hat.product_id, cap.product_id], seen_in=None) == {
        hat.product_id: where
    }
    assert usage.of_variants([hat.pk, cap.pk], seen_in=None) == {
        hat.pk: where,
        cap.pk: "the standard product CAP",
    }


def test_stock_one_may_not_see_is_in_the_way_but_not_told(stocked: Stocked) -> None:
    hat = stocked.variant("HAT")
    east = stocked.put(hat, stocked.place("EAST"), "3").warehouse_id
    stocked.put(hat, stocked.place("SECRET"), "9")

    def told(*seen_in: int) -> str:
        return DjangoUsage().of_products([hat.product_id], seen_in=frozenset(seen_in))[
            hat.product_id
        ]

    assert told(east) == "stock in warehouse EAST (3)"
    assert told() == "stock in another place"


def test_what_is_archived_uses_nothing(stocked: Stocked) -> None:
    hat = stocked.variant("HAT")
    models.Product.objects.update(deleted_at=datetime.now(UTC))

    assert DjangoUsage().of_units([stocked.unit.pk]) == {}
    assert DjangoUsage().of_variants([hat.pk], seen_in=None) == {}


def test_entries_are_known_by_the_levels_they_moved(stocked: Stocked) -> None:
    hat, cap = stocked.variant("HAT"), stocked.variant("CAP")
    level = stocked.put(hat, stocked.place("MAIN"), "1")
    usage, both = DjangoUsage(), [hat.product_id, cap.product_id]

    assert usage.products_with_entries(both) == {hat.product_id}
    assert usage.units_with_entries([stocked.unit.pk]) == {stocked.unit.pk}
    models.Level.objects.filter(pk=level.pk).update(version=0)
    assert usage.products_with_entries(both) == usage.units_with_entries([stocked.unit.pk]) == set()


@pytest.mark.parametrize("many", [1, 20])
def test_lists_and_questions_take_the_same_statements_however_many(
    stocked: Stocked, many: int, django_assert_num_queries: Any
) -> None:
    variants = [stocked.variant(f"V{n}", stock_alert=Decimal(1)) for n in range(many)]
    for variant in variants:
        stocked.put(variant, stocked.place("MAIN"), "1")
    ids = [variant.pk for variant in variants]
    product_ids = [variant.product_id for variant in variants]
    usage = DjangoUsage()

    with django_assert_num_queries(5):
        DjangoProductRepository().search(ProductFilter(), ALL)
    with django_assert_num_queries(4):
        DjangoVariantRepository().search(VariantFilter(), ALL)
    with django_assert_num_queries(4):
        DjangoProductRepository().read(product_ids[0], seen_in=None)
    # One for the stock, one for each kind of documents, and one for the standard products.
    with django_assert_num_queries(5):
        usage.of_products(product_ids, seen_in=None)
    with django_assert_num_queries(6):
        usage.of_variants(ids, seen_in=None)
