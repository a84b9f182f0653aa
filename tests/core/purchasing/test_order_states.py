"""Which act is allowed in which state of a purchase order, and what it leads to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.purchasing.commands import (
    CancelOrder,
    ChangePurchaseOrder,
    CloseOrder,
    PlaceOrder,
    ReceiveOrder,
    ReopenOrder,
    ReturnOrder,
)
from sms_core.purchasing.orders import ACTS, PurchaseOrder, PurchaseState
from sms_core.shared.documents import WrongState
from sms_core.shared.errors import Conflict, Forbidden, NotFound, RuleBroken, Stale, Unknown
from sms_core.stock.commands import ReversePosting
from tests.core.purchasing.conftest import Shop, back, buyer, came, ordered
from tests.core.stock.conftest import CHAI, TEA

S = PurchaseState


def in_state(shop: Shop, state: PurchaseState) -> PurchaseOrder:
    """An order for 10 that has come to this state on the usual way."""
    lines = (ordered(CHAI, "10", unit_cost="1"),)
    if state is S.DRAFT:
        return shop.draft(*lines)
    order = shop.placed(*lines)
    if state is S.CANCELLED:
        return shop.orders.cancel(CancelOrder(id=order.id), by=buyer()).document
    if state in {S.PARTIALLY_RECEIVED, S.CLOSED}:
        order = shop.take_in(order, came(order.lines[0].id, "4")).document
    if state is S.CLOSED:
        return shop.orders.close(CloseOrder(id=order.id), by=buyer()).document
    if state is S.RECEIVED:
        return shop.take_in(order).document
    return order


ACTIONS: dict[str, Callable[[Shop, PurchaseOrder], Any]] = {
    "place": lambda shop, order: shop.orders.place(PlaceOrder(id=order.id), by=buyer()),
    "reopen": lambda shop, order: shop.orders.reopen(ReopenOrder(id=order.id), by=buyer()),
    "cancel": lambda shop, order: shop.orders.cancel(CancelOrder(id=order.id), by=buyer()),
    "close": lambda shop, order: shop.orders.close(CloseOrder(id=order.id), by=buyer()),
    "receive": lambda shop, order: shop.take_in(order, came(order.lines[0].id, "2")),
    "return": lambda shop, order: shop.send_back(order, back(order.lines[0].id, "1")),
    "change": lambda shop, order: shop.orders.change(
        ChangePurchaseOrder(id=order.id, reference="R"), by=buyer()
    ),
    "duplicate": lambda shop, order: shop.orders.duplicate(order.id, by=buyer()),
    "delete": lambda shop, order: shop.orders.delete(order.id, by=buyer()),
}

# The state after each act that is allowed; what is not named is refused.
TABLE: dict[PurchaseState, dict[str, PurchaseState | None]] = {
    S.DRAFT: {"place": S.PLACED, "change": S.DRAFT, "duplicate": S.DRAFT, "delete": None},
    S.PLACED: {
        "receive": S.PARTIALLY_RECEIVED,
        "change": S.PLACED,
        "reopen": S.DRAFT,
        "cancel": S.CANCELLED,
        "close": S.CLOSED,
        "duplicate": S.PLACED,
    },
    S.PARTIALLY_RECEIVED: {
        "receive": S.PARTIALLY_RECEIVED,
        "return": S.PARTIALLY_RECEIVED,
        "change": S.PARTIALLY_RECEIVED,
        "close": S.CLOSED,
        "duplicate": S.PARTIALLY_RECEIVED,
    },
    S.RECEIVED: {"return": S.RECEIVED, "close": S.CLOSED, "duplicate": S.RECEIVED},
    S.CLOSED: {"return": S.CLOSED, "duplicate": S.CLOSED},
    S.CANCELLED: {"duplicate": S.CANCELLED},
}


def test_the_table_speaks_of_every_act_and_state() -> None:
    assert {state: set(acts) for state, acts in TABLE.items()} == {
        state: set(acts) for state, acts in ACTS.items()
    }
    assert set(S) == set(TABLE)
    assert set(ACTIONS) == {act for acts in ACTS.values() for act in acts}


@pytest.mark.parametrize("act", sorted(ACTIONS))
@pytest.mark.parametrize("state", list(S), ids=lambda state: state.value)
def test_each_act_from_each_state(shop: Shop, state: PurchaseState, act: str) -> None:
    order = in_state(shop, state)
    assert order.state is state
    assert order.allowed == ACTS[state]

    if act not in TABLE[state]:
        with pytest.raises(WrongState) as refusal:
            ACTIONS[act](shop, order)
        assert state.value.replace("_", " ") in refusal.value.detail
        assert all(allowed in refusal.value.detail for allowed in ACTS[state])
        assert shop.order(order.id) == order
        return
    ACTIONS[act](shop, order)
    if act == "delete":
        with pytest.raises(NotFound):
            shop.order(order.id)
    else:
        assert shop.order(order.id).state is TABLE[state][act]


@pytest.mark.parametrize("act", ["reopen", "cancel"])
def test_what_was_delivered_and_refused_can_only_be_closed(shop: Shop, act: str) -> None:
    order = in_state(shop, S.PLACED)
    line = order.lines[0].id
    shop.take_in(order, came(line, rejected="3", reason_code="defective"))
    assert shop.order(order.id).state is S.PLACED

    with pytest.raises(Conflict, match="Close it instead") as refusal:
        ACTIONS[act](shop, order)
    assert refusal.value.code == "document_state"


def test_an_order_without_lines_is_not_placed(shop: Shop) -> None:
    order = shop.draft()

    with pytest.raises(RuleBroken) as refusal:
        shop.orders.place(PlaceOrder(id=order.id), by=buyer())
    assert refusal.value.pointer == "/lines"


def test_placing_remembers_when(shop: Shop) -> None:
    order = shop.draft(ordered(CHAI, "1"))
    then = shop.clock.now() - timedelta(days=3)

    placed = shop.orders.place(PlaceOrder(id=order.id, occurred_at=then), by=buyer()).document

    assert placed.placed_at == then
    reopened = shop.orders.reopen(ReopenOrder(id=order.id), by=buyer()).document
    assert reopened.placed_at is None


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2026, 3, 3, tzinfo=UTC), "in_future"),
        (datetime(1960, 1, 1, tzinfo=UTC), "too_old"),
    ],
)
@pytest.mark.parametrize("command", [PlaceOrder, CancelOrder, CloseOrder, ReopenOrder])
def test_nothing_happens_in_the_future(shop: Shop, command: Any, at: datetime, code: str) -> None:
    state = S.DRAFT if command is PlaceOrder else S.PLACED
    order = in_state(shop, state)
    act = command.__name__.removesuffix("Order").lower()

    with pytest.raises(RuleBroken) as refusal:
        getattr(shop.orders, act)(command(id=order.id, occurred_at=at), by=buyer())
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "command", [PlaceOrder, ReopenOrder, CancelOrder, CloseOrder, ReceiveOrder, ReturnOrder]
)
def test_a_stale_act_is_refused(shop: Shop, command: Any) -> None:
    order = in_state(shop, S.DRAFT)
    more = {"lines": (back(order.lines[0].id, "1"),)} if command is ReturnOrder else {}
    methods = {"ReturnOrder": "send_back", "ReceiveOrder": "receive"}
    name = command.__name__
    method = getattr(shop.orders, methods.get(name, name.removesuffix("Order").lower()))

    with pytest.raises(Stale):
        method(command(id=order.id, version=order.version + 1, **more), by=buyer())


@pytest.mark.parametrize(
    ("act", "right"),
    [
        ("place", "place"),
        ("reopen", "place"),
        ("cancel", "place"),
        ("close", "place"),
        ("receive", "receive"),
        ("send_back", "return"),
    ],
)
def test_each_act_takes_its_right(shop: Shop, act: str, right: str) -> None:
    order = in_state(shop, S.PARTIALLY_RECEIVED)
    commands: dict[str, Any] = {
        "place": PlaceOrder,
        "reopen": ReopenOrder,
        "cancel": CancelOrder,
        "close": CloseOrder,
        "receive": ReceiveOrder,
    }
    command = (
        ReturnOrder(id=order.id, lines=(back(order.lines[0].id, "1"),))
        if act == "send_back"
        else commands[act](id=order.id)
    )

    with pytest.raises(Forbidden, match=f"purchase_order.{right}"):
        getattr(shop.orders, act)(command, by=buyer(f"purchase_order.{right}"))


def test_undoing_a_receipt_moves_the_order_back(shop: Shop) -> None:
    order = in_state(shop, S.PLACED)
    line = order.lines[0].id
    first = shop.take_in(order, came(line, "4")).postings[0]
    second = shop.take_in(order, came(line, "6")).postings[0]
    assert shop.order(order.id).state is S.RECEIVED

    shop.corrections.reverse(ReversePosting(posting_id=second.id), by=buyer())
    assert shop.order(order.id).state is S.PARTIALLY_RECEIVED
    shop.corrections.reverse(ReversePosting(posting_id=first.id), by=buyer())

    left = shop.order(order.id)
    assert left.state is S.PLACED
    assert left.lines[0].received_quantity == 0
    acts = [event.act for event in shop.orders.history(order.id, by=buyer())]
    assert acts == ["create", "place", "receive", "receive", "reverse", "reverse"]
    assert shop.orders.cancel(CancelOrder(id=order.id), by=buyer()).document.state is S.CANCELLED


def test_a_closed_order_stays_closed_when_a_receipt_is_undone(shop: Shop) -> None:
    order = in_state(shop, S.PLACED)
    receipt = shop.take_in(order, came(order.lines[0].id, "4")).postings[0]
    shop.orders.close(CloseOrder(id=order.id), by=buyer())

    shop.corrections.reverse(ReversePosting(posting_id=receipt.id), by=buyer())

    assert shop.order(order.id).state is S.CLOSED


def test_a_receipt_is_not_undone_before_what_was_sent_back_of_it(shop: Shop) -> None:
    order = in_state(shop, S.PLACED)
    line = order.lines[0].id
    receipt = shop.take_in(order, came(line, "4")).postings[0]
    returned = shop.send_back(order, back(line, "1")).postings[0]
    shop.receive(CHAI, "5")

    with pytest.raises(Conflict) as refusal:
        shop.corrections.reverse(ReversePosting(posting_id=receipt.id), by=buyer())
    assert refusal.value.code == "built_upon"
    assert shop.level(CHAI).on_hand == 8

    shop.corrections.reverse(ReversePosting(posting_id=returned.id), by=buyer())
    shop.corrections.reverse(ReversePosting(posting_id=receipt.id), by=buyer())
    assert shop.order(order.id).state is S.PLACED


def test_an_order_of_a_warehouse_that_one_does_not_see_does_not_exist(shop: Shop) -> None:
    order = in_state(shop, S.PLACED)
    stranger = buyer(warehouse_ids=frozenset({99}))

    for act in (PlaceOrder, ReopenOrder, CancelOrder, CloseOrder):
        name = act.__name__.removesuffix("Order").lower()
        with pytest.raises(NotFound):
            getattr(shop.orders, name)(act(id=order.id), by=stranger)
    with pytest.raises(NotFound):
        shop.take_in(order, by=stranger)
    with pytest.raises(NotFound):
        shop.orders.history(order.id, by=stranger)


def test_a_duplicate_is_a_draft_of_its_own_at_the_same_costs(shop: Shop) -> None:
    order = shop.placed(
        ordered(CHAI, "10", unit_cost="1.5", discount_percent="5"), ordered(TEA, "2"), reference="R"
    )
    shop.take_in(order, came(order.lines[0].id, "4"))
    shop.wares.wares.pop(TEA)
    with pytest.raises(Unknown, match="no variant"):
        shop.orders.duplicate(order.id, by=buyer())
    shop.orders.change(
        ChangePurchaseOrder(id=order.id, lines=(ordered(CHAI, "10", id=order.lines[0].id),)),
        by=buyer(),
    )

    copy = shop.orders.duplicate(order.id, by=buyer("cost.view"))

    assert copy.state is S.DRAFT
    assert copy.number != order.number
    assert copy.lines[0].unit_cost is None
    kept = shop.order(copy.id).lines[0]
    assert (kept.quantity, kept.unit_cost, kept.discount_percent) == (10, Decimal("1.5"), 5)
    assert kept.received_quantity == 0
    assert copy.reference == ""  # that was the supplier's number for the other one
