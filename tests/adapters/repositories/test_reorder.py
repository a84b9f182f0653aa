"""What runs short, asked of the database; and the rules that say when."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.catalogue.products import ProductType
from sms_core.purchasing.commands import PlaceOrder, ReceiveOrder
from sms_core.purchasing.receiving import PurchaseOrderService
from sms_core.purchasing.reorder import (
    ChangeReorderRule,
    CreateReorderRule,
    OrderedSuggestion,
    OrderSuggestions,
    ReorderRule,
    Suggestion,
)
from sms_core.purchasing.reorder_ports import (
    ReorderReader,
    ReorderRuleFilter,
    ReorderRuleRepository,
    ReorderRuleSort,
    SuggestionFilter,
    SuggestionSort,
)
from sms_core.purchasing.reordering import ReorderRuleService, ReorderService
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.levels import LevelKey
from sms_django import models
from tests.adapters.shop import SYSTEM, limited_to
from tests.adapters.trade import TradingShop
from tests.fakes.base import FixedClock
from tests.fakes.reorder import InMemoryReorderRuleRepository

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> TradingShop:
    return TradingShop()


def reader() -> ReorderReader:
    return container().get(ReorderReader)  # type: ignore[type-abstract]


def short(page: PageRequest | None = None, **filter: Any) -> list[Suggestion]:
    return list(reader().suggestions(SuggestionFilter(**filter), page or PageRequest()).items)


def keyed(found: list[Suggestion]) -> list[tuple[str, str]]:
    return [(one.variant_code, one.warehouse_code) for one in found]


def rule(variant_id: int, warehouse_id: int, **values: Any) -> ReorderRule:
    given = {"minimum": 10, "maximum": 40, **values}
    decimals = {n: Decimal(v) if n != "lead_days" else v for n, v in given.items()}
    command = CreateReorderRule(variant_id=variant_id, warehouse_id=warehouse_id, **decimals)
    return container().get(ReorderRuleService).create(command, by=SYSTEM)


def test_the_whole_sum_is_shown(shop: TradingShop) -> None:
    chai = shop.variant("CHAI")
    shop.item(
        chai,
        pack_size=Decimal(12),
        unit_cost=Decimal(24),
        lead_days=7,
        code="A-7",
        is_preferred=True,
    )
    shop.receive(chai, "20")
    shop.sell(chai, 26)
    shop.buy(chai, 1, pack_size=5)
    shop.buy(chai, 8, place=False)
    models.Level.objects.create(
        variant_id=chai, warehouse_id=shop.main.id, in_transit=True, on_hand=3
    )
    made = rule(chai, shop.main.id)

    (found,) = short()

    assert (found.on_hand, found.reserved, found.backordered) == (20, 20, 6)
    assert (found.on_order, found.in_transit, found.drafted) == (5, 3, 8)
    assert (found.projected, found.minimum, found.maximum) == (2, 10, 40)
    assert (found.pack_size, found.packs, found.quantity) == (12, 4, 48)
    assert (found.rule_id, found.lead_days, found.unit_cost) == (made.id, 7, 24)
    assert found.offer
    assert (found.offer.supplier_code, found.offer.code) == ("ACME", "A-7")


@pytest.mark.parametrize(("on_hand", "is_short"), [(9, True), (10, True), (11, False)])
def test_it_is_time_at_the_minimum(shop: TradingShop, on_hand: int, is_short: bool) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, str(on_hand))
    rule(chai, shop.main.id)

    assert bool(short()) == is_short


def test_without_a_rule_the_reorder_level_counts_where_there_ever_was_some(
    shop: TradingShop,
) -> None:
    north = shop.open_warehouse("NORTH")
    chai, tea, milk = (shop.variant(c, stock_alert=Decimal(5)) for c in ("CHAI", "TEA", "MILK"))
    shop.variant("UNWATCHED")
    shop.receive(chai, "5", warehouse_id=north.id)
    shop.receive(tea, "6", warehouse_id=north.id)
    rule(milk, north.id)

    found = short()

    assert keyed(found) == [("CHAI", "NORTH"), ("MILK", "NORTH")]
    assert (found[0].minimum, found[0].maximum, found[0].rule_id) == (5, 5, None)
    assert (found[0].quantity, found[1].quantity) == (1, 40)


def test_what_was_never_in_stock_is_ordered_for_the_first_warehouse(shop: TradingShop) -> None:
    shop.open_warehouse("ANNEX")
    shop.variant("CHAI", stock_alert=Decimal(5))

    assert keyed(short()) == [("CHAI", "MAIN")]
    assert short(visible=frozenset()) == []


def test_a_rule_goes_before_the_reorder_level(shop: TradingShop) -> None:
    chai = shop.variant("CHAI", stock_alert=Decimal(50))
    shop.receive(chai, "20")
    made = rule(chai, shop.main.id)
    assert short() == []

    container().get(ReorderRuleService).delete(made.id, by=SYSTEM)
    assert keyed(short()) == [("CHAI", "MAIN")]


def test_what_is_archived_or_inactive_is_not_ordered(shop: TradingShop) -> None:
    chai, tea, milk = (shop.variant(c, stock_alert=Decimal(5)) for c in ("CHAI", "TEA", "MILK"))
    models.Product.objects.filter(variants=chai).update(is_active=False)
    models.Variant.objects.filter(pk=tea).update(deleted_at="2031-01-01T00:00:00Z")

    assert keyed(short()) == [("MILK", "MAIN")]
    assert set(reader().outlook([LevelKey(id, shop.main.id) for id in (chai, tea, milk)])) == {
        LevelKey(chai, shop.main.id),
        LevelKey(milk, shop.main.id),
    }


def test_suggestions_are_filtered_sorted_and_paged(shop: TradingShop) -> None:
    north = shop.open_warehouse("NORTH")
    other = shop.supplier("OTHER")
    chai, tea = shop.variant("CHAI", name="100% chai"), shop.variant("TEA")
    shop.item(chai)
    shop.item(chai, other, is_preferred=True)
    shop.item(tea)
    for at in (shop.main.id, north.id):
        rule(chai, at, maximum=20)
        rule(tea, at, maximum=30)

    assert keyed(short(warehouse_id=north.id)) == [("CHAI", "NORTH"), ("TEA", "NORTH")]
    assert keyed(short(variant_id=tea)) == [("TEA", "MAIN"), ("TEA", "NORTH")]
    assert {one.variant_code for one in short(supplier_id=other)} == {"CHAI"}
    assert {one.variant_code for one in short(supplier_id=shop.acme)} == {"TEA"}
    assert {one.variant_code for one in short(search="0% CH")} == {"CHAI"}
    assert short(search="_") == []
    assert len(short(category_id=shop.category.pk)) == 4
    assert keyed(short(visible=frozenset({shop.main.id}))) == [("CHAI", "MAIN"), ("TEA", "MAIN")]
    by_need = (Order(SuggestionSort.SHORTFALL, descending=True),)
    assert keyed(short(order=by_need))[0] == ("TEA", "MAIN")
    assert keyed(short(PageRequest(2, 3))) == [("TEA", "NORTH")]
    assert short(PageRequest(3, 3)) == []
    assert reader().suggestions(SuggestionFilter(), PageRequest(3, 3)).total == 4
    assert reader().suggestions(SuggestionFilter(), PageRequest(1, 3)).total == 4


@pytest.mark.parametrize("key", list(SuggestionSort))
def test_every_order_can_be_asked_for(shop: TradingShop, key: SuggestionSort) -> None:
    for code in ("CHAI", "TEA"):
        rule(shop.variant(code), shop.main.id)

    both = [keyed(short(order=(Order(key, descending=d),))) for d in (False, True)]
    assert sorted(both[0]) == sorted(both[1]) == [("CHAI", "MAIN"), ("TEA", "MAIN")]


def test_the_offers_of_archived_suppliers_and_items_are_none(shop: TradingShop) -> None:
    chai = shop.variant("CHAI")
    other = shop.supplier("OTHER")
    shop.item(chai, other, is_preferred=True)
    shop.item(chai, pack_size=Decimal(6))
    assert [o.supplier_id for o in reader().offers([chai])[chai]] == [other, shop.acme]

    models.Supplier.objects.filter(pk=other).update(deleted_at="2031-01-01T00:00:00Z")
    assert [o.supplier_id for o in reader().offers([chai])[chai]] == [shop.acme]
    models.SupplierItem.objects.update(deleted_at="2031-01-01T00:00:00Z")
    assert reader().offers([chai]) == {}


def test_the_outlook_of_what_nobody_watches_is_not_short(shop: TradingShop) -> None:
    chai = shop.variant("CHAI")
    shop.receive(chai, "3")
    key = LevelKey(chai, shop.main.id)

    found = reader().outlook([key])[key]

    assert (found.on_hand, found.minimum, found.is_short) == (3, None, False)


def test_a_page_takes_as_many_statements_however_much_runs_short(shop: TradingShop) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            short()
        return len(queries)

    shop.item(shop.variant("FIRST", stock_alert=Decimal(1)))
    before = statements()
    for n in range(5):
        id = shop.variant(f"V{n}", stock_alert=Decimal(1))
        shop.item(id)
        shop.sell(id, 2)

    assert (statements(), before) == (2, 2)


def test_what_is_drafted_is_ordered_received_and_no_longer_short(shop: TradingShop) -> None:
    chai = shop.variant("CHAI")
    shop.item(chai, pack_size=Decimal(12), unit_cost=Decimal(24), lead_days=7)
    rule(chai, shop.main.id)
    lines = (OrderedSuggestion(variant_id=chai, warehouse_id=shop.main.id),)

    (draft,) = container().get(ReorderService).order(OrderSuggestions(lines=lines), by=SYSTEM)
    assert short()[0].drafted == 48

    orders = container().get(PurchaseOrderService)
    orders.place(PlaceOrder(id=draft.id), by=SYSTEM)
    assert short() == []
    orders.receive(ReceiveOrder(id=draft.id), by=SYSTEM)
    assert (short(), models.Level.objects.get().on_hand) == ([], 48)


@pytest.fixture(params=["memory", "django"])
def rules(request: pytest.FixtureRequest, shop: TradingShop) -> Iterator[ReorderRuleRepository]:
    codes = ("CHAI", "TEA")
    variants = {shop.variant(code): code for code in codes}
    models.Warehouse.objects.exclude(pk=shop.main.id).delete()
    if request.param == "memory":
        names = {shop.main.id: "MAIN"}
        yield InMemoryReorderRuleRepository(variants=variants, warehouses=names)
    else:
        yield container().get(ReorderRuleRepository)  # type: ignore[type-abstract]


def kept(rules: ReorderRuleRepository, shop: TradingShop, code: str) -> ReorderRule:
    made = ReorderRule(
        variant_id=models.Variant.objects.get(code=code).pk,
        warehouse_id=shop.main.id,
        minimum=Decimal(1),
        maximum=Decimal("2.5"),
        pack_size=Decimal(12),
        lead_days=3,
    )
    rules.add(made)
    return made


def test_a_rule_is_kept_changed_archived_and_found(
    rules: ReorderRuleRepository, shop: TradingShop
) -> None:
    chai, tea = kept(rules, shop, "CHAI"), kept(rules, shop, "TEA")
    assert rules.get(chai.id) == chai

    mine, theirs = rules.get_for_update(chai.id), rules.get_for_update(chai.id)
    mine.change(maximum=Decimal(3), pack_size=None)
    rules.save(mine)
    with pytest.raises(Stale):
        rules.save(theirs)

    def ids(**filter: Any) -> list[int]:
        found = rules.search(ReorderRuleFilter(**filter), PageRequest()).items
        return [one.id for one in found]

    last = (Order(ReorderRuleSort.VARIANT_CODE, descending=True),)
    assert ids() == [chai.id, tea.id]
    assert ids(order=last) == [tea.id, chai.id]
    assert ids(search="cha") == [chai.id]
    assert ids(variant_id=tea.variant_id) == [tea.id]
    assert ids(warehouse_id=shop.main.id + 99) == ids(visible=frozenset()) == []

    rules.archive([chai.id], FixedClock().now())
    with pytest.raises(NotFound):
        rules.get(chai.id)
    assert (ids(), ids(deleted=True)) == ([tea.id], [chai.id])
    kept(rules, shop, "CHAI")
    with pytest.raises(Duplicate) as refusal:
        kept(rules, shop, "CHAI")
    assert refusal.value.pointer == "/variant_id"


def test_rules_are_changed_over_the_database(shop: TradingShop) -> None:
    made = rule(shop.variant("CHAI"), shop.main.id)
    here = limited_to(shop.main.id)
    service = container().get(ReorderRuleService)

    service.change(ChangeReorderRule(id=made.id, lead_days=9), by=here)

    assert models.ReorderRule.objects.get().lead_days == 9
    with pytest.raises(NotFound):
        service.get(made.id, by=limited_to(shop.main.id + 99))


def test_a_variable_product_is_watched_by_its_variants(shop: TradingShop) -> None:
    small = shop.variant("S", stock_alert=Decimal(2))
    product = models.Product.objects.get()
    product.type = ProductType.VARIABLE
    product.save()
    models.Variant.objects.create(product=product, code="M", code_key="m", stock_alert=Decimal(1))
    shop.receive(small, "9")

    assert keyed(short()) == [("M", "MAIN")]
