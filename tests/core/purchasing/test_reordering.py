"""What runs short becomes drafts of purchase orders."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.purchasing.commands import PlaceOrder
from sms_core.purchasing.orders import PurchaseOrder, PurchaseState
from sms_core.purchasing.ports import PurchaseOrderFilter
from sms_core.purchasing.reorder import Offer, OrderedSuggestion, OrderSuggestions, Suggestion
from sms_core.purchasing.reorder_ports import SuggestionFilter, SuggestionSort
from sms_core.purchasing.reordering import ReorderService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Forbidden
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.levels import LevelKey
from tests.core.purchasing.conftest import OLD, Shop, buyer
from tests.core.stock.conftest import CHAI, CHEESE, TEA
from tests.fakes.documents import InMemoryDocumentNumbers
from tests.fakes.reorder import InMemoryReorderReader

CODES = {CHAI: "CHAI", CHEESE: "CHEESE", TEA: "TEA", OLD: "OLD"}


class Buying(Shop):
    """A shop in which some things run short."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.reader = InMemoryReorderReader()
        self.north = self.open_warehouse("NORTH")
        self.reordering = ReorderService(
            self.uow,
            self.clock,
            self.reader,
            self.book,
            self.order_rows,
            InMemoryDocumentNumbers(self.clock),
            self.journal,
        )

    def sights(self, variant_id: int, warehouse_id: int | None = None, **values: Any) -> None:
        """Say what is in sight of a variant: by default 4 of between 10 and 40."""
        figures = {"on_hand": 4, "minimum": 10, "maximum": 40, **values}
        decimals = {name: Decimal(value) for name, value in figures.items()}
        at = warehouse_id or self.main.id
        self.reader.found.append(
            Suggestion(
                variant_id=variant_id,
                variant_code=CODES[variant_id],
                product_name=CODES[variant_id].title(),
                warehouse_id=at,
                warehouse_code=self.warehouses.stored[at].code,
                **decimals,
            )
        )

    def offers(self, variant_id: int, supplier_id: int, **values: Any) -> None:
        """Have a supplier sell it, after those who do already."""
        self.item(supplier_id, variant_id, **values)
        given = {**values, "pack_size": Decimal(values.get("pack_size", 1))}
        if "unit_cost" in given:
            given["unit_cost"] = Decimal(given["unit_cost"])
        offer = Offer(supplier_id=supplier_id, **given)
        self.reader.offered.setdefault(variant_id, []).append(offer)

    def order(
        self, *lines: tuple[int, dict[str, Any]], by: Actor | None = None
    ) -> list[PurchaseOrder]:
        command = OrderSuggestions(lines=tuple(self.line(id, **more) for id, more in lines))
        return self.reordering.order(command, by=by or buyer())

    def line(self, variant_id: int, **values: Any) -> OrderedSuggestion:
        given = {"warehouse_id": self.main.id, **values}
        return OrderedSuggestion(variant_id=variant_id, **given)

    def count_orders(self) -> int:
        return self.orders.search(PurchaseOrderFilter(), PageRequest(), by=buyer()).total


@pytest.fixture
def shop() -> Buying:
    shop = Buying()
    shop.sights(CHAI)
    shop.sights(TEA)
    shop.sights(CHAI, shop.north.id, on_hand=0)
    shop.offers(CHAI, shop.acme, pack_size="12", unit_cost="24", lead_days=7, code="A-7")
    shop.offers(TEA, shop.acme, lead_days=3)
    return shop


def quantities(order: PurchaseOrder) -> list[tuple[int, Decimal, Decimal]]:
    return [(line.variant_id, line.quantity, line.pack_size) for line in order.lines]


def test_what_runs_short_is_listed_with_who_sells_it(shop: Buying) -> None:
    shop.sights(CHEESE, on_hand=11)

    found = shop.reordering.suggestions(SuggestionFilter(), PageRequest(), by=buyer())

    first = found.items[0]
    assert [(s.variant_code, s.warehouse_code) for s in found.items] == [
        ("CHAI", "MAIN"),
        ("CHAI", "NORTH"),
        ("TEA", "MAIN"),
    ]
    assert (first.packs, first.quantity, first.unit_cost) == (3, 36, 24)
    assert first.expected_at == shop.clock.now() + timedelta(days=7)


def test_suggestions_are_those_of_the_warehouses_one_sees(shop: Buying) -> None:
    here = buyer("cost.view", warehouse_ids=frozenset({shop.main.id}))
    order = (Order(SuggestionSort.VARIANT_CODE, descending=True),)

    found = shop.reordering.suggestions(SuggestionFilter(order=order), PageRequest(), by=here)

    assert [(s.variant_code, s.unit_cost) for s in found.items] == [("TEA", None), ("CHAI", None)]
    with pytest.raises(Forbidden):
        shop.reordering.suggestions(
            SuggestionFilter(), PageRequest(), by=buyer("purchase_order.view")
        )


def test_the_chosen_become_drafts_one_per_supplier_and_warehouse(shop: Buying) -> None:
    shop.offers(TEA, shop.other)

    orders = shop.order(
        (CHAI, {}),
        (CHAI, {"warehouse_id": shop.north.id}),
        (TEA, {"quantity": Decimal(5), "supplier_id": shop.other}),
    )

    assert [(order.supplier_id, order.warehouse_id) for order in orders] == [
        (shop.acme, shop.main.id),
        (shop.acme, shop.north.id),
        (shop.other, shop.main.id),
    ]
    assert [quantities(order) for order in orders] == [
        [(CHAI, 3, 12)],
        [(CHAI, 4, 12)],
        [(TEA, 5, 1)],
    ]
    assert orders[0].lines[0].unit_cost == 24
    assert {order.state for order in orders} == {PurchaseState.DRAFT}
    assert [order.number for order in orders] == [f"PO-2026-00000{n}" for n in (1, 2, 3)]
    stored = shop.orders.get(orders[1].id, by=buyer())
    assert quantities(stored) == [(CHAI, 4, 12)]
    assert [event.act for event in shop.orders.history(stored.id, by=buyer())] == ["create"]


def test_lines_of_one_supplier_go_on_one_order_expected_with_the_last(shop: Buying) -> None:
    (order,) = shop.order((TEA, {}), (CHAI, {}))

    assert quantities(order) == [(TEA, 36, 1), (CHAI, 3, 12)]
    assert order.expected_at == shop.clock.now() + timedelta(days=7)


def test_without_a_lead_time_nobody_says_when_it_comes(shop: Buying) -> None:
    shop.offers(CHEESE, shop.other)
    shop.sights(CHEESE)

    (order,) = shop.order((CHEESE, {}))

    assert order.expected_at is None


def test_the_packs_of_a_rule_go_before_the_suppliers(shop: Buying) -> None:
    shop.reader.found = [replace(one, rule_pack_size=Decimal(6)) for one in shop.reader.found]

    (order,) = shop.order((CHAI, {}))

    assert quantities(order) == [(CHAI, 6, 6)]
    assert order.lines[0].unit_cost == 12


def test_a_supplier_who_is_named_need_not_have_been_known_to_sell_it(shop: Buying) -> None:
    shop.sights(CHEESE)

    (order,) = shop.order((CHEESE, {"supplier_id": shop.other, "quantity": Decimal("2.5")}))

    assert (order.supplier_id, quantities(order)) == (shop.other, [(CHEESE, Decimal("2.5"), 1)])


def test_costs_stay_with_those_who_may_see_them(shop: Buying) -> None:
    (order,) = shop.order((CHAI, {}), by=buyer("cost.view"))

    assert order.lines[0].unit_cost is None
    assert shop.orders.get(order.id, by=buyer()).lines[0].unit_cost == 24


@pytest.mark.parametrize(
    ("line", "pointer", "code"),
    [
        ((CHEESE, {}), "/lines/1/supplier_id", "no_supplier"),
        ((CHEESE, {"supplier_id": 1}), "/lines/1/quantity", "not_short"),
        ((TEA, {"supplier_id": 99}), "/lines/1/supplier_id", "unknown"),
        ((TEA, {"warehouse_id": 99}), "/lines/1/warehouse_id", "unknown"),
        ((99, {}), "/lines/1/variant_id", "unknown"),
        ((OLD, {"supplier_id": 1}), "/lines/1/variant_id", "inactive"),
        ((TEA, {"quantity": Decimal(0)}), "/lines/1/quantity", "not_positive"),
        ((TEA, {"quantity": Decimal("2.5")}), "/lines/1/quantity", "too_fine"),
        ((CHAI, {"warehouse_id": 2, "quantity": Decimal(30)}), "/lines/1/quantity", "broken_pack"),
        ((CHAI, {}), "/lines/1/variant_id", "duplicate"),
    ],
    ids=str,
)
def test_what_cannot_be_ordered_is_refused_and_nothing_is_drafted(
    shop: Buying, line: Any, pointer: str, code: str
) -> None:
    shop.sights(CHEESE, on_hand=11)
    shop.sights(OLD)

    with pytest.raises(DomainError) as refusal:
        shop.order((CHAI, {}), line)

    assert (refusal.value.pointer, refusal.value.code) == (pointer, code)
    assert shop.count_orders() == 0


def test_nobody_known_to_sell_it_is_said_with_its_name(shop: Buying) -> None:
    shop.sights(CHEESE)

    with pytest.raises(DomainError) as refusal:
        shop.order((CHEESE, {}))
    assert "Nobody is known to sell CHEESE" in refusal.value.detail


def test_what_is_too_fine_for_its_unit_points_to_the_chosen_line(shop: Buying) -> None:
    shop.reader.offered[TEA] = [Offer(supplier_id=shop.acme, pack_size=Decimal("0.5"))]

    with pytest.raises(DomainError) as refusal:
        shop.order((CHAI, {"warehouse_id": shop.north.id}), (TEA, {"quantity": Decimal("2.5")}))
    assert (refusal.value.pointer, refusal.value.code) == ("/lines/1/quantity", "too_fine")


def test_one_refusal_tells_all_that_is_wrong(shop: Buying) -> None:
    with pytest.raises(DomainError) as refusal:
        shop.order((99, {}), (CHAI, {"quantity": Decimal(30)}))

    found = [(error.pointer, error.code) for error in refusal.value.errors]
    assert found == [("/lines/0/variant_id", "unknown"), ("/lines/1/quantity", "broken_pack")]


def test_somebody_must_be_chosen_and_not_too_many(shop: Buying) -> None:
    for lines in ((), tuple(shop.line(id) for id in range(1, 1002))):
        with pytest.raises(DomainError) as refusal:
            shop.reordering.order(OrderSuggestions(lines=lines), by=buyer())
        assert refusal.value.pointer == "/lines"


def test_drafting_takes_its_right_and_warehouses_one_sees(shop: Buying) -> None:
    with pytest.raises(Forbidden):
        shop.order((CHAI, {}), by=buyer("purchase_order.add"))

    here = buyer(warehouse_ids=frozenset({shop.main.id}))
    with pytest.raises(DomainError) as refusal:
        shop.order((CHAI, {"warehouse_id": shop.north.id}), by=here)
    assert (refusal.value.pointer, refusal.value.code) == ("/lines/0/warehouse_id", "unknown")


def test_placing_an_order_makes_levels_for_what_is_to_come(shop: Buying) -> None:
    (order,) = shop.order((CHAI, {"warehouse_id": shop.north.id}))
    key = LevelKey(CHAI, shop.north.id)
    assert key not in shop.repository.levels

    shop.orders.place(PlaceOrder(id=order.id), by=buyer())

    assert shop.repository.levels[key].on_hand == 0
