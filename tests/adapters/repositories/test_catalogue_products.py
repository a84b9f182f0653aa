"""One suite for the repositories of products and variants, in memory and in the database."""

from dataclasses import dataclass
from typing import Any

import pytest

from config.container import container
from sms_core.catalogue.entities import Brand, Category, Unit
from sms_core.catalogue.ports import (
    BrandRepository,
    CategoryRepository,
    ProductFilter,
    ProductRepository,
    ProductSort,
    UnitRepository,
    VariantFilter,
    VariantRepository,
)
from sms_core.catalogue.products import Barcode, Product, ProductType, TaxMethod, Variant
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from tests.core.catalogue.conftest import d
from tests.fakes.base import FixedClock
from tests.fakes.catalogue import (
    InMemoryBrandRepository,
    InMemoryCategoryRepository,
    InMemoryUnitRepository,
)
from tests.fakes.catalogue_products import InMemoryProductRepository, InMemoryVariantRepository

pytestmark = pytest.mark.django_db
ALL = PageRequest()
NOON = FixedClock().now()


@dataclass
class Shelf:
    """The repositories and a category, a brand and a unit to refer to."""

    products: ProductRepository
    variants: VariantRepository
    categories: CategoryRepository
    brands: BrandRepository
    units: UnitRepository

    def __post_init__(self) -> None:
        self.category = Category(code="C", name="Clothes")
        self.brand = Brand(name="Acme")
        self.unit = Unit(code="bag", name="Bag", places=0)
        self.categories.add(self.category)
        self.brands.add(self.brand)
        self.units.add(self.unit)

    def product(self, code: str, **values: Any) -> Product:
        given: dict[str, Any] = {
            "name": code.title(),
            "category_id": self.category.id,
            "unit_id": self.unit.id,
            "variants": [Variant(code=code)],
        }
        product = Product(code=code, **{**given, **values})
        self.products.add(product)
        return product

    def codes(self, **values: Any) -> list[str]:
        found = self.products.search(ProductFilter(**values), ALL)
        return [product.code for product in found.items]


@pytest.fixture(params=["memory", "django"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "memory":
        variants = InMemoryVariantRepository()
        categories = InMemoryCategoryRepository()
        products = InMemoryProductRepository(variants=variants, categories=categories)
        units = InMemoryUnitRepository()
        return Shelf(products, variants, categories, InMemoryBrandRepository(), units)
    get = container().get
    return Shelf(
        get(ProductRepository),
        get(VariantRepository),
        get(CategoryRepository),
        get(BrandRepository),
        get(UnitRepository),
    )


def test_a_product_is_read_as_it_was_added_with_its_variants(shelf: Shelf) -> None:
    barcodes = (Barcode("04001", d("12")), Barcode("HAT"))
    hat = shelf.product(
        "HAT",
        brand_id=shelf.brand.id,
        cost=d("4.123456"),
        price=d("9.9900"),
        tax_rate=d("19.00"),
        tax_method=TaxMethod.INCLUSIVE,
        description="Felt",
        tracks_lots=True,
        is_for_sale=False,
        is_active=False,
        variants=[Variant(code="HAT", cost=d("5"), price=d("8"), barcodes=barcodes)],
    )

    stored = shelf.products.get(hat.id)

    assert stored == hat
    assert shelf.products.read(hat.id, seen_in=None) == hat
    assert shelf.products.hold([hat.id]) == {hat.id: hat}
    (variant,) = stored.variants
    assert shelf.variants.get(variant.id) == variant
    assert variant.barcodes == barcodes


def test_saving_a_product_saves_the_variants_that_changed(shelf: Shelf) -> None:
    hat = shelf.product(
        "HAT", type=ProductType.VARIABLE, variants=[Variant(code="H-R"), Variant(code="H-B")]
    )
    red, blue = hat.variants
    blue.change(stock_alert=d("3"), barcodes=(Barcode("77"),))
    hat.change(name="Cap")

    shelf.products.save(hat)

    assert shelf.products.get(hat.id) == hat
    assert (hat.version, red.version, blue.version) == (2, 1, 2)


def test_a_second_writer_is_stale(shelf: Shelf) -> None:
    hat = shelf.product("HAT")
    mine, theirs = (shelf.products.get_for_update(hat.id) for _ in range(2))
    shelf.products.save(mine)

    with pytest.raises(Stale):
        shelf.products.save(theirs)


def test_codes_are_unique_among_the_live(shelf: Shelf) -> None:
    old = shelf.product("STRASSE")
    shelf.products.archive([old.id], NOON)
    shelf.product("Straße")

    with pytest.raises(Duplicate) as refusal:
        shelf.product("strasse")
    assert refusal.value.pointer == "/code"


def test_what_is_scanned_is_unique_among_the_live(shelf: Shelf) -> None:
    def with_barcode(code: str, barcode: str) -> Product:
        return shelf.product(code, variants=[Variant(code=code, barcodes=[Barcode(barcode)])])

    old = with_barcode("OLD", "4001")
    shelf.products.archive([old.id], NOON)
    with_barcode("A", "04001")

    with pytest.raises(Duplicate) as refusal:
        with_barcode("B", "004001")
    assert refusal.value.pointer == "/variants/0/barcodes/0/code"


def test_a_barcode_is_no_code_of_another_variant(shelf: Shelf) -> None:
    shelf.product("77")

    with pytest.raises(Duplicate) as refusal:
        shelf.product("B", variants=[Variant(code="B", barcodes=[Barcode("077")])])
    assert refusal.value.pointer == "/variants/0/barcodes/0/code"


def test_a_code_is_no_barcode_of_another_variant(shelf: Shelf) -> None:
    shelf.product("A", variants=[Variant(code="A", barcodes=[Barcode("77")])])

    with pytest.raises(Duplicate) as refusal:
        shelf.product("77")
    assert refusal.value.pointer == "/variants/0/code"


def test_freed_barcodes_can_be_taken(shelf: Shelf) -> None:
    hat = shelf.product("HAT", variants=[Variant(code="HAT", barcodes=[Barcode("77")])])
    hat.variants[0].change(barcodes=())
    shelf.products.save(hat)

    cap = shelf.product("CAP", variants=[Variant(code="CAP", barcodes=[Barcode("77")])])

    found = shelf.variants.search(VariantFilter(barcode="0077"), ALL).items
    assert [variant.product_id for variant in found] == [cap.id]


def test_a_scan_finds_live_variants_by_barcode_and_code(shelf: Shelf) -> None:
    hat = shelf.product("Hat1", variants=[Variant(code="Hat1", barcodes=[Barcode("007")])])
    shelf.product("CAP")

    for text, total in (("7", 1), ("0007", 1), ("HAT1", 1), ("8", 0), ("%", 0)):
        assert shelf.variants.search(VariantFilter(barcode=text), ALL).total == total
    shelf.products.archive([hat.id], NOON)
    assert shelf.variants.search(VariantFilter(barcode="7"), ALL).total == 0


def test_variants_go_and_come_with_their_product(shelf: Shelf) -> None:
    hat = shelf.product(
        "HAT", type=ProductType.VARIABLE, variants=[Variant(code=c) for c in ("R", "B", "G")]
    )
    red, blue, gone = hat.variants
    shelf.variants.archive([gone.id], NOON.replace(hour=1))
    assert [v.id for v in shelf.products.get(hat.id).variants] == [red.id, blue.id]

    shelf.products.archive([hat.id], NOON)
    with pytest.raises(NotFound):
        shelf.variants.get(red.id)
    archived = shelf.products.get_archived_for_update(hat.id)
    assert [(v.id, v.deleted_at) for v in archived.variants] == [(red.id, NOON), (blue.id, NOON)]
    assert shelf.codes(deleted=True) == ["HAT"]

    archived.restore()
    shelf.products.save(archived)
    assert [v.id for v in shelf.products.get(hat.id).variants] == [red.id, blue.id]
    assert shelf.variants.search(VariantFilter(barcode="b"), ALL).total == 1


def test_nothing_comes_back_to_a_barcode_that_is_taken(shelf: Shelf) -> None:
    hat = shelf.product("HAT", variants=[Variant(code="HAT", barcodes=[Barcode("7")])])
    shelf.products.archive([hat.id], NOON)
    shelf.product("CAP", variants=[Variant(code="CAP", barcodes=[Barcode("7")])])

    archived = shelf.products.get_archived_for_update(hat.id)
    archived.restore()
    with pytest.raises(Duplicate):
        shelf.products.save(archived)


def test_products_are_filtered(shelf: Shelf) -> None:
    below = Category(code="H", name="Hats", parent_id=shelf.category.id)
    shelf.categories.add(below)
    other = Category(code="O", name="Other")
    shelf.categories.add(other)
    shelf.product("A", category_id=below.id, brand_id=shelf.brand.id)
    shelf.product("B", type=ProductType.VARIABLE, variants=[], is_active=False)
    shelf.product("C", category_id=other.id)

    assert shelf.codes() == ["A", "B", "C"]
    assert shelf.codes(category_id=shelf.category.id) == ["A", "B"]
    assert shelf.codes(category_id=below.id) == ["A"]
    assert shelf.codes(category_id=10**9) == []
    assert shelf.codes(brand_id=shelf.brand.id) == ["A"]
    assert shelf.codes(type="variable") == shelf.codes(is_active=False) == ["B"]
    assert shelf.codes(code="c") == ["C"]


def test_search_looks_into_products_their_variants_and_barcodes(shelf: Shelf) -> None:
    shelf.product("A", name="Chef Anton's Mix")
    shelf.product(
        "B",
        type=ProductType.VARIABLE,
        variants=[Variant(code="B-1", name="Été 100_", barcodes=[Barcode("0077")])],
    )

    assert shelf.codes(search="chef ANTON") == ["A"]
    assert shelf.codes(search="ÉTÉ") == shelf.codes(search="0077") == shelf.codes(search="_")
    assert shelf.codes(search="_") == ["B"]
    assert shelf.codes(search="%") == []
    by_product = shelf.variants.search(VariantFilter(search="anton"), ALL)
    assert [variant.code for variant in by_product.items] == ["A"]


def test_products_are_ordered_and_those_without_a_cost_come_last(shelf: Shelf) -> None:
    shelf.product("b", cost=d("2"), price=d("9"))
    shelf.product("A", price=d("10"))
    shelf.product("c", cost=d("1"), price=d("1"))

    def by(key: ProductSort, *, descending: bool = False) -> list[str]:
        return shelf.codes(order=(Order(key, descending),))

    assert by(ProductSort.CODE) == ["A", "b", "c"]
    assert by(ProductSort.PRICE) == ["c", "b", "A"]
    assert by(ProductSort.COST) == ["c", "b", "A"]
    assert by(ProductSort.COST, descending=True) == ["A", "b", "c"]


def test_variants_are_filtered_by_product_and_code(shelf: Shelf) -> None:
    hat = shelf.product("HAT")
    shelf.product("CAP")

    for values in ({"product_id": hat.id}, {"code": "hat"}):
        found = shelf.variants.search(VariantFilter(**values), ALL)  # type: ignore[arg-type]
        assert [variant.code for variant in found.items] == ["HAT"]


def test_nothing_in_stock_is_below_any_reorder_level(shelf: Shelf) -> None:
    shelf.product("A", variants=[Variant(code="A", stock_alert=d("0"))])
    shelf.product("B")

    assert shelf.codes(below_alert=True) == ["A"]
    assert shelf.codes(below_alert=False) == ["B"]


def test_locks_give_what_is_live_in_the_order_of_ids(shelf: Shelf) -> None:
    ids = [shelf.product(code).id for code in ("C", "B", "A")]
    shelf.products.archive(ids[:1], NOON)
    shelf.products.lock_variants(ids[1])

    assert [p.id for p in shelf.products.lock_for_archiving(ids)] == ids[1:]
    variant_ids = [shelf.products.get(id).variants[0].id for id in ids[1:]]
    assert [v.id for v in shelf.variants.lock_for_archiving(variant_ids)] == variant_ids
