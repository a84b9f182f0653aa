"""How orders are written and amended: defaults, checks, what must stay."""

from decimal import Decimal
from typing import Any

import pytest

from sms_core.purchasing.commands import (
    ChangePurchaseOrder,
    OrderedLine,
    PlaceOrder,
)
from sms_core.purchasing.orders import MAX_LINES, PurchaseState
from sms_core.purchasing.ports import PurchaseOrderFilter, PurchaseOrderSort
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    RuleBroken,
    Stale,
    Unknown,
)
from sms_core.shared.paging import Order, PageRequest
from tests.core.purchasing.conftest import OLD, Shop, buyer, came, ordered
from tests.core.stock.conftest import CHAI, CHEESE, TEA

BLIND = buyer("cost.view")


def change(shop: Shop, id: int, *lines: OrderedLine, by: Any = None, **values: Any) -> Any:
    """Give the order these lines, or leave those it has."""
    if lines:
        values["lines"] = lines
    return shop.orders.change(ChangePurchaseOrder(id=id, **values), by=by or buyer())


def test_three_packs_of_twelve_at_24_are_36_at_2(shop: Shop) -> None:
    line = shop.draft(ordered(CHAI, "3", pack_size="12", unit_cost="24.00")).lines[0]

    assert line.stock_quantity == 36
    assert line.stock_unit_cost == Decimal("2.000000")
    assert (line.net, line.tax, line.gross) == (72, Decimal("14.4"), Decimal("86.4"))


def test_the_discount_counts_in_what_a_unit_costs(shop: Shop) -> None:
    line = shop.draft(ordered(CHAI, "3", unit_cost="0.3333", discount_percent="2.5")).lines[0]

    assert line.net == Decimal("0.9749")  # 0.97490250, half even to 4 places
    assert line.stock_unit_cost == Decimal("0.324967")


def test_a_line_takes_pack_and_cost_of_the_suppliers_item(shop: Shop) -> None:
    shop.item(shop.acme, CHAI, pack_size="12", unit_cost="24")
    shop.item(shop.other, CHAI, pack_size="6", unit_cost="11")

    line = shop.draft(ordered(CHAI, "2")).lines[0]
    assert (line.pack_size, line.unit_cost, line.tax_rate) == (12, 24, 20)
    other = shop.draft(ordered(CHAI, "2"), supplier_id=shop.other).lines[0]
    assert (other.pack_size, other.unit_cost) == (6, 11)
    half = shop.draft(ordered(CHAI, "2", pack_size="6")).lines[0]
    assert (half.pack_size, half.unit_cost) == (6, 12)


def test_without_an_item_a_line_takes_the_cost_of_the_variant(shop: Shop) -> None:
    order = shop.draft(ordered(TEA, "2", pack_size="10"), ordered(CHAI, "1"))

    assert order.lines[0].unit_cost == 25
    assert order.lines[1].unit_cost is None
    assert order.lines[1].net is None
    assert order.net is None


def test_documents_are_numbered(shop: Shop) -> None:
    numbers = [shop.draft().number, shop.draft().number]

    assert numbers == ["PO-2026-000001", "PO-2026-000002"]


@pytest.mark.parametrize(
    ("line", "pointer", "kind"),
    [
        (ordered(CHAI, "0"), "quantity", Invalid),
        (ordered(CHAI, "-1"), "quantity", Invalid),
        (ordered(CHAI, "0.5"), "quantity", RuleBroken),
        (ordered(CHAI, "1", pack_size="0.5"), "quantity", RuleBroken),
        (ordered(CHAI, "1", pack_size="0"), "pack_size", Invalid),
        (ordered(CHAI, "1.00001", pack_size="100000"), "quantity", RuleBroken),
        (ordered(CHAI, "1", unit_cost="-1"), "unit_cost", Invalid),
        (ordered(CHAI, "1", unit_cost="0.0000001"), "unit_cost", RuleBroken),
        (ordered(CHAI, "1", discount_percent="100.01"), "discount_percent", Invalid),
        (ordered(CHAI, "1", discount_percent="-1"), "discount_percent", Invalid),
        (ordered(CHAI, "1", discount_percent="0.001"), "discount_percent", RuleBroken),
        (ordered(CHAI, "1", tax_rate="-1"), "tax_rate", Invalid),
        (ordered(CHAI, "1", tax_rate="1000"), "tax_rate", RuleBroken),
        (ordered(CHAI, "999999999", unit_cost="999999"), "quantity", RuleBroken),
        (ordered(OLD, "1"), "variant_id", RuleBroken),
        (ordered(99, "1"), "variant_id", Unknown),
        (ordered(CHAI, "1", id=99), "id", Unknown),
    ],
)
def test_impossible_lines_are_refused(
    shop: Shop, line: OrderedLine, pointer: str, kind: type[DomainError]
) -> None:
    with pytest.raises(kind) as refusal:
        shop.draft(ordered(TEA, "1"), line)

    assert refusal.value.pointer == f"/lines/1/{pointer}"


def test_what_fits_the_unit_in_packs_is_ordered(shop: Shop) -> None:
    order = shop.draft(ordered(CHAI, "0.5", pack_size="12"), ordered(CHEESE, "1.125"))

    assert [line.stock_quantity for line in order.lines] == [6, Decimal("1.125")]


def test_all_that_is_wrong_with_the_lines_is_said_at_once(shop: Shop) -> None:
    with pytest.raises(DomainError) as refusal:
        shop.draft(ordered(CHAI, "0.5"), ordered(TEA, "1"), ordered(99, "1"))

    assert [e.pointer for e in refusal.value.errors] == ["/lines/0/quantity", "/lines/2/variant_id"]


def test_an_order_has_at_most_1000_lines(shop: Shop) -> None:
    shop.draft(*[ordered(CHAI, "1")] * MAX_LINES)

    with pytest.raises(Invalid) as refusal:
        shop.draft(*[ordered(CHAI, "1")] * (MAX_LINES + 1))
    assert refusal.value.code == "too_many"


def test_supplier_and_warehouse_must_be_live(shop: Shop) -> None:
    for header in ({"supplier_id": 99}, {"warehouse_id": 99}):
        with pytest.raises(Unknown) as refusal:
            shop.draft(**header)
        assert refusal.value.pointer == f"/{next(iter(header))}"


def test_a_warehouse_that_one_does_not_see_is_unknown(shop: Shop) -> None:
    north = shop.open_warehouse("NORTH")

    with pytest.raises(Unknown):
        shop.draft(by=buyer(warehouse_ids=frozenset({north.id})))
    order = shop.draft()
    with pytest.raises(Unknown) as refusal:
        change(
            shop,
            order.id,
            warehouse_id=north.id,
            by=buyer(warehouse_ids=frozenset({shop.main.id})),
        )
    assert refusal.value.pointer == "/warehouse_id"


def test_a_draft_may_change_in_everything(shop: Shop) -> None:
    north = shop.open_warehouse("NORTH")
    order = shop.draft(ordered(CHAI, "1"), ordered(TEA, "2"))
    tea = order.lines[1].id

    changed = change(
        shop,
        order.id,
        ordered(TEA, "5", id=tea),
        ordered(CHAI, "3", unit_cost="1"),
        supplier_id=shop.other,
        warehouse_id=north.id,
        reference="R1",
        notes="Soon",
    )

    assert [(line.variant_id, line.quantity) for line in changed.lines] == [(TEA, 5), (CHAI, 3)]
    assert changed.lines[0].id == tea
    assert changed.lines[0].unit_cost == Decimal("2.5")
    assert (changed.supplier_id, changed.warehouse_id) == (shop.other, north.id)


def test_a_line_that_turns_to_another_variant_is_another_line(shop: Shop) -> None:
    order = shop.draft(ordered(TEA, "2", discount_percent="5"))
    there = order.lines[0].id

    line = change(shop, order.id, ordered(CHAI, "2", id=there)).lines[0]

    assert line.id != there
    assert (line.unit_cost, line.discount_percent, line.tax_rate) == (None, 0, 20)


def test_what_was_placed_keeps_supplier_and_warehouse(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "1"))
    north = shop.open_warehouse("NORTH")

    for header in ({"supplier_id": shop.other}, {"warehouse_id": north.id}):
        with pytest.raises(Conflict) as refusal:
            change(shop, order.id, **header)
        assert refusal.value.code == "document_state"
        assert refusal.value.pointer == f"/{next(iter(header))}"
    same = {"supplier_id": shop.acme, "warehouse_id": shop.main.id}
    assert change(shop, order.id, **same, reference="R").reference == "R"


def test_amending_takes_the_right_to_place(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "1"))

    with pytest.raises(Forbidden, match=r"purchase_order\.place"):
        change(shop, order.id, reference="R", by=buyer("purchase_order.place"))


def test_an_amended_order_keeps_some_line(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "1"))

    with pytest.raises(RuleBroken) as refusal:
        change(shop, order.id, lines=())
    assert refusal.value.pointer == "/lines"


def test_an_order_is_not_amended_below_what_came(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"), ordered(TEA, "5"))
    chai, tea = (line.id for line in order.lines)
    shop.take_in(order, came(chai, "4"))

    with pytest.raises(Conflict) as refusal:
        change(shop, order.id, ordered(CHAI, "3", id=chai), ordered(TEA, "5", id=tea))
    assert (refusal.value.code, refusal.value.pointer) == ("below_received", "/lines/0/quantity")
    with pytest.raises(Conflict) as refusal:
        change(shop, order.id, ordered(TEA, "5", id=tea))
    assert refusal.value.code == "line_moved"
    with pytest.raises(Conflict) as refusal:
        change(shop, order.id, ordered(CHAI, "1", id=chai, pack_size="12"))
    assert refusal.value.pointer == "/lines/0/pack_size"

    amended = change(shop, order.id, ordered(CHAI, "4", id=chai))
    assert amended.state is PurchaseState.RECEIVED
    assert [line.variant_id for line in amended.lines] == [CHAI]


def test_more_is_ordered_by_amending(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    chai = order.lines[0].id
    shop.take_in(order, came(chai, "4"))

    amended = change(shop, order.id, ordered(CHAI, "12", id=chai), ordered(TEA, "1"))

    assert amended.state is PurchaseState.PARTIALLY_RECEIVED
    assert [line.open_quantity for line in amended.lines] == [8, 1]


def test_what_came_too_much_is_no_reason_to_refuse_the_same_line(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"), ordered(TEA, "5"))
    chai, tea = (line.id for line in order.lines)
    shop.take_in(order, came(chai, "12"), by=buyer())

    amended = change(shop, order.id, ordered(CHAI, "10", id=chai), ordered(TEA, "6", id=tea))

    assert amended.lines[0].received_quantity == 12


def test_the_history_tells_what_was_changed(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    chai = order.lines[0].id

    change(shop, order.id, ordered(CHAI, "12", id=chai, unit_cost="2"), reference="R")

    event = shop.orders.history(order.id, by=buyer())[-1]
    assert event.act == "change"
    assert event.changes == {
        "reference": ("", "R"),
        f"lines/{chai}/quantity": ("10", "12"),
        f"lines/{chai}/unit_cost": ("1", "2"),
    }
    blind = shop.orders.history(order.id, by=BLIND)[-1]
    assert set(blind.changes) == {"reference", f"lines/{chai}/quantity"}


def test_a_stale_change_is_refused(shop: Shop) -> None:
    order = shop.draft()

    with pytest.raises(Stale):
        change(shop, order.id, version=order.version + 1, reference="R")


def test_who_may_not_see_costs_neither_reads_nor_sets_them(shop: Shop) -> None:
    order = shop.draft(ordered(CHAI, "1", unit_cost="3"))
    chai = order.lines[0].id

    seen = shop.orders.get(order.id, by=BLIND)
    line = seen.lines[0]
    costs = (line.unit_cost, line.stock_unit_cost, line.net, line.tax, line.gross, seen.net)
    assert costs == (None,) * 6
    found = shop.orders.search(PurchaseOrderFilter(), PageRequest(), by=BLIND)
    assert found.items[0].lines[0].unit_cost is None
    with pytest.raises(Forbidden):
        shop.draft(ordered(CHAI, "1", unit_cost="3"), by=BLIND)
    with pytest.raises(Forbidden):
        change(shop, order.id, ordered(CHAI, "1", id=chai, unit_cost="3"), by=BLIND)

    changed = change(shop, order.id, ordered(CHAI, "2", id=chai), by=BLIND)
    assert changed.lines[0].unit_cost is None
    assert shop.order(order.id).lines[0].unit_cost == 3


def test_what_is_not_bought_any_more_is_not_placed(shop: Shop) -> None:
    order = shop.draft(ordered(TEA, "1"), ordered(CHAI, "1"))
    shop.wares.wares[CHAI] = shop.wares.wares[OLD]

    with pytest.raises(RuleBroken) as refusal:
        shop.orders.place(PlaceOrder(id=order.id), by=buyer())
    assert (refusal.value.code, refusal.value.pointer) == ("inactive", "/lines/1/variant_id")


def test_an_archived_draft_comes_back_unless_what_it_names_is_gone(shop: Shop) -> None:
    order = shop.draft(ordered(TEA, "1"))
    shop.orders.delete(order.id, by=buyer())

    assert shop.orders.restore(order.id, by=buyer()).number == order.number
    shop.orders.delete(order.id, by=buyer())
    shop.supplier_service.delete(shop.acme, by=buyer())
    with pytest.raises(Conflict) as refusal:
        shop.orders.restore(order.id, by=buyer())
    assert refusal.value.code == "refers_to_archived"


def test_orders_are_found_by_what_people_ask_for(shop: Shop) -> None:
    north = shop.open_warehouse("NORTH")
    first = shop.draft(ordered(CHAI, "1"), reference="Ann's")
    second = shop.placed(ordered(TEA, "1"), supplier_id=shop.other, warehouse_id=north.id)

    def numbers(by: Any = None, **filter: Any) -> list[str]:
        found = shop.orders.search(PurchaseOrderFilter(**filter), PageRequest(), by=by or buyer())
        return [order.number for order in found.items]

    assert numbers() == [second.number, first.number]
    for filter in (
        {"supplier_id": shop.acme},
        {"warehouse_id": shop.main.id},
        {"state": PurchaseState.DRAFT},
        {"variant_id": CHAI},
        {"reference": "Ann's"},
        {"number": first.number.lower()},
        {"search": "acme"},
        {"search": "ann"},
        {"by": buyer(warehouse_ids=frozenset({shop.main.id}))},
    ):
        assert numbers(**filter) == [first.number]
    by_supplier = (Order(PurchaseOrderSort.SUPPLIER_CODE),)
    assert numbers(order=by_supplier) == [first.number, second.number]
