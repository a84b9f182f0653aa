"""A small shop to look around in: what a first start shows before there is data of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from config.container import Injected
from sms_core.catalogue.commands import CreateBrand, CreateCategory, CreateProduct, NewVariant
from sms_core.catalogue.ports import ProductFilter, UnitFilter
from sms_core.catalogue.product_services import ProductService
from sms_core.catalogue.products import Barcode, Product, ProductType, TaxMethod
from sms_core.catalogue.services import BrandService, CategoryService, UnitService
from sms_core.shared.entities import Actor
from sms_core.shared.paging import PageRequest
from sms_core.stock.commands import (
    CreateWarehouse,
    IssuedLine,
    IssueGoods,
    ReceivedLine,
    ReceiveGoods,
)
from sms_core.stock.kinds import Counterpart
from sms_core.stock.places import WarehouseService
from sms_core.stock.postings import NamedLot
from sms_core.stock.services import StockService
from sms_django.management.demo_documents import DemoOffice

BRANDS = ("Northlight Coffee", "Kestrel Ceramics", "Fjordware", "Oak & Linen")

CATEGORIES = (  # code, name, code of the parent
    ("food", "Food and drink", None),
    ("coffee", "Coffee", "food"),
    ("tea", "Tea", "food"),
    ("kitchen", "Kitchen", None),
    ("cups", "Cups and mugs", "kitchen"),
    ("brewing", "Brewing", "kitchen"),
    ("textiles", "Textiles", None),
)


class Item(NamedTuple):
    """A product of the shop, and how many the depot and the shop received."""

    code: str
    name: str
    category: str
    brand: str | None
    cost: str
    price: str
    barcode: str
    stock_alert: int
    depot: int
    shop: int
    unit: str = "pc"


ITEMS = (
    Item("COF-500", "House espresso, beans 500 g", "coffee", BRANDS[0], "6.40", "11.90",
         "2000000001012", 20, 60, 18),
    Item("COF-DECAF", "Decaf espresso, beans 250 g", "coffee", BRANDS[0], "4.10", "7.50",
         "2000000001029", 10, 24, 8),
    Item("COF-LOOSE", "Sumatra, loose beans", "coffee", BRANDS[0], "11.20", "21.00",
         "2000000001036", 5, 30, 4, unit="kg"),
    Item("TEA-EARL", "Earl Grey, 100 g", "tea", None, "2.30", "5.20", "2000000001043", 12, 40, 10),
    Item("TEA-ROOI", "Rooibos, 100 g", "tea", None, "1.90", "4.60", "2000000001050", 12, 9, 2),
    Item("CUP-080", "Espresso cup, 80 ml", "cups", BRANDS[1], "3.75", "8.90",
         "2000000001067", 24, 72, 24),
    Item("MUG-350", "Mug, 350 ml", "cups", BRANDS[1], "4.60", "11.50", "2000000001074", 24, 48, 16),
    Item("TEAPOT-1L", "Teapot, 1 l", "cups", BRANDS[1], "14.20", "32.00", "2000000001081", 4, 8, 2),
    Item("DRIP-02", "Coffee dripper, size 2", "brewing", BRANDS[2], "7.80", "18.50",
         "2000000001098", 6, 20, 5),
    Item("GRIND-H", "Hand grinder", "brewing", BRANDS[2], "31.00", "69.00",
         "2000000001104", 3, 3, 0),
    Item("FILTER-100", "Paper filters, pack of 100", "brewing", BRANDS[2], "1.45", "3.90",
         "2000000001111", 30, 144, 36),
    Item("TOWEL", "Tea towel", "textiles", BRANDS[3], "3.10", "9.00", "2000000001128", 10, 40, 12),
)  # fmt: skip
FILTER_CASE = Barcode("2000000001135", Decimal(12))
APRON_SIZES = (("S", "2000000001142"), ("M", "2000000001159"), ("L", "2000000001166"))
ESPRESSO = "COF-500"
LOTS = ((24, 90), (36, 210))  # so many bags of espresso, usable for so many days


@dataclass(frozen=True)
class DemoShop:
    """Opens the shop through the same use cases that people and programs have."""

    brands = Injected(BrandService)
    categories = Injected(CategoryService)
    units = Injected(UnitService)
    products = Injected(ProductService)
    warehouses = Injected(WarehouseService)
    stock = Injected(StockService)

    by: Actor

    def open(self) -> bool:
        """Make everything, or nothing where there are products already."""
        with transaction.atomic():
            if self.products.search(ProductFilter(), PageRequest(size=1), by=self.by).total:
                return False
            depot, shop = self._warehouses()
            products = self._products()
            for warehouse_id in (depot, shop):
                self._deliver(products, warehouse_id, to_depot=warehouse_id == depot)
            self._sell(products, shop)
            variants = {code: made.variants[0].id for code, made in products.items()}
            DemoOffice(by=self.by, depot=depot, shop=shop, variants=variants).work()
        return True

    def _warehouses(self) -> tuple[int, int]:
        depot, shop = (
            self.warehouses.create(
                CreateWarehouse(code=code, name=name, address=address), by=self.by
            )
            for code, name, address in (
                ("DEPOT", "Depot", "12 Canal Road"),
                ("SHOP", "Shop in Harbour Street", "3 Harbour Street"),
            )
        )
        return depot.id, shop.id

    def _products(self) -> dict[str, Product]:
        """All products by their code; the espresso is kept by lots, the apron comes in sizes."""
        brands = {
            name: self.brands.create(CreateBrand(name=name), by=self.by).id for name in BRANDS
        }
        categories: dict[str, int] = {}
        for code, name, parent in CATEGORIES:
            parent_id = categories[parent] if parent else None
            command = CreateCategory(code=code, name=name, parent_id=parent_id)
            categories[code] = self.categories.create(command, by=self.by).id
        found = self.units.search(UnitFilter(), PageRequest(size=200), by=self.by)
        units = {unit.code: unit.id for unit in found.items}
        commands = [_product(item, brands, categories, units) for item in ITEMS]
        commands.append(_apron(brands[BRANDS[3]], categories["textiles"], units["pc"]))
        return {command.code: self.products.create(command, by=self.by) for command in commands}

    def _deliver(
        self, products: Mapping[str, Product], warehouse_id: int, *, to_depot: bool
    ) -> None:
        lines: list[ReceivedLine] = []
        for item in ITEMS:
            variant = products[item.code].variants[0]
            quantity = item.depot if to_depot else item.shop
            if quantity and not products[item.code].tracks_lots:
                lines.append(_received(variant.id, quantity, item.cost))
        if to_depot:
            lots = [_received(products[ESPRESSO].variants[0].id, n, "6.40", d) for n, d in LOTS]
            sizes = [_received(v.id, 10, "12.50") for v in products["APRON"].variants]
            lines += lots + sizes
        else:
            lines.append(_received(products[ESPRESSO].variants[0].id, 18, "6.40", LOTS[0][1]))
        command = ReceiveGoods(
            warehouse_id=warehouse_id,
            lines=tuple(lines),
            reference="DN-1001" if to_depot else "DN-1002",
            note="First delivery",
        )
        self.stock.receive(command, by=self.by)

    def _sell(self, products: Mapping[str, Product], warehouse_id: int) -> None:
        sold = (("MUG-350", 4), (ESPRESSO, 6), ("FILTER-100", 8), ("TEA-ROOI", 1))
        lines = tuple(
            IssuedLine(variant_id=products[code].variants[0].id, quantity=Decimal(n))
            for code, n in sold
        )
        customer = Counterpart.CUSTOMER
        self.stock.issue(
            IssueGoods(warehouse_id=warehouse_id, lines=lines, counterpart=customer), by=self.by
        )


def _product(
    item: Item, brands: Mapping[str, int], categories: Mapping[str, int], units: Mapping[str, int]
) -> CreateProduct:
    barcodes = [Barcode(item.barcode)]
    if item.code == "FILTER-100":
        barcodes.append(FILTER_CASE)
    return CreateProduct(
        code=item.code,
        name=item.name,
        category_id=categories[item.category],
        brand_id=brands[item.brand] if item.brand else None,
        unit_id=units[item.unit],
        cost=Decimal(item.cost),
        price=Decimal(item.price),
        tax_rate=Decimal(20),
        tax_method=TaxMethod.INCLUSIVE,
        stock_alert=Decimal(item.stock_alert),
        tracks_lots=item.code == ESPRESSO,
        variants=(NewVariant(code=item.code, barcodes=barcodes),),
    )


def _apron(brand_id: int, category_id: int, unit_id: int) -> CreateProduct:
    sizes = tuple(
        NewVariant(
            code=f"APRON-{size}",
            name=f"Size {size}",
            stock_alert=Decimal(4),
            barcodes=[Barcode(barcode)],
        )
        for size, barcode in APRON_SIZES
    )
    return CreateProduct(
        type=ProductType.VARIABLE,
        code="APRON",
        name="Linen apron",
        category_id=category_id,
        brand_id=brand_id,
        unit_id=unit_id,
        cost=Decimal("12.50"),
        price=Decimal("34.00"),
        tax_rate=Decimal(20),
        tax_method=TaxMethod.INCLUSIVE,
        variants=sizes,
    )


def _received(
    variant_id: int, quantity: int, unit_cost: str, usable_days: int | None = None
) -> ReceivedLine:
    """A line of a delivery; with `usable_days` the goods are a lot that expires after them."""
    lot = None
    if usable_days is not None:
        expires_on = timezone.localdate() + timedelta(days=usable_days)
        lot = NamedLot(code=f"L{expires_on:%y%m%d}", expires_on=expires_on)
    return ReceivedLine(
        variant_id=variant_id, quantity=Decimal(quantity), unit_cost=Decimal(unit_cost), lot=lot
    )
