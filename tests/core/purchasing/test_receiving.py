"""Goods of purchase orders come in, are rejected, and go back."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_core.company.entities import Company as OurCompany
from sms_core.purchasing.commands import ChangePurchaseOrder, OrderedLine, ReceiveOrder
from sms_core.purchasing.orders import PurchaseLine, PurchaseState
from sms_core.shared.errors import Conflict, DomainError, Forbidden, Invalid, RuleBroken, Unknown
from sms_core.stock.commands import ReversePosting
from sms_core.stock.kinds import Disposition
from sms_core.stock.lines import NamedLot
from tests.core.purchasing.conftest import Shop, back, buyer, came, ordered
from tests.core.stock.conftest import CHAI, CHEESE, TEA

ANY_RIGHT = buyer()


def quarantined(shop: Shop, variant_id: int) -> Decimal:
    level = shop.level(variant_id)
    return level.held(location_id=shop.main.quarantine_location_id, lot_id=None)


def test_goods_come_in_packs_at_the_net_of_the_line(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "3", pack_size="12", unit_cost="24", discount_percent="10"))

    settled = shop.take_in(order, came(order.lines[0].id, "2"))

    line = settled.document.lines[0]
    assert (line.received_quantity, line.open_quantity) == (2, 1)
    level = shop.level(CHAI)
    assert (level.on_hand, level.value) == (24, Decimal("43.2"))
    posting = settled.postings[0]
    assert posting.supplier_id == shop.acme
    assert posting.document == order.ref


def test_without_lines_all_that_is_open_comes(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "3", pack_size="12", unit_cost="24"), ordered(TEA, "5"))
    shop.take_in(order, came(order.lines[0].id, "1"))

    received = shop.take_in(order).document

    assert received.state is PurchaseState.RECEIVED
    assert shop.level(CHAI).on_hand == 36
    assert shop.level(TEA).on_hand == 5


@given(
    parts=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    cost=st.decimals("0.01", "99.99", places=2),
    discount=st.sampled_from([Decimal(0), Decimal("3.33"), Decimal(50)]),
    undone=st.sets(st.integers(0, 7)),
)
def test_the_receipts_of_a_line_share_its_net_exactly(
    parts: list[int], cost: Decimal, discount: Decimal, undone: set[int]
) -> None:
    """Also when some were undone and the goods came again."""
    shop = Shop()
    total = Decimal(sum(parts))
    order = shop.placed(
        OrderedLine(variant_id=CHAI, quantity=total, unit_cost=cost, discount_percent=discount)
    )
    line = order.lines[0]
    receipts = [shop.take_in(order, came(line.id, str(part))).postings[0] for part in parts]
    for index in undone & set(range(len(parts))):
        shop.corrections.reverse(ReversePosting(posting_id=receipts[index].id), by=ANY_RIGHT)
    for index in undone & set(range(len(parts))):
        shop.take_in(order, came(line.id, str(parts[index])))

    assert shop.order(order.id).lines[0].progress.value == line.net
    if not undone:
        assert shop.level(CHAI).value == line.net


def test_what_came_at_another_cost_does_not_change_the_rest(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="10"))
    line = order.lines[0].id

    shop.take_in(order, came(line, "4", unit_cost="12"))
    shop.take_in(order, came(line, "6"))

    assert shop.level(CHAI).value == 48 + 60


def test_a_cost_at_receipt_is_that_of_a_pack(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "3", pack_size="12", unit_cost="24"))
    line = order.lines[0].id

    shop.take_in(order, came(line, "1", unit_cost="36"))
    shop.take_in(order, came(line, "5", unit_cost="1", in_stock_units=True))

    assert (shop.level(CHAI).on_hand, shop.level(CHAI).value) == (17, 41)


def test_a_cost_at_receipt_takes_the_right_to_see_costs(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="10"))

    with pytest.raises(Forbidden, match=r"cost\.view"):
        shop.take_in(order, came(order.lines[0].id, "1", unit_cost="1"), by=buyer("cost.view"))
    blind = shop.take_in(order, came(order.lines[0].id, "1"), by=buyer("cost.view"))
    assert blind.document.lines[0].unit_cost is None
    assert blind.postings[0].entries[0].value is None


def test_goods_of_unknown_cost_come_in_as_the_ledger_knows_them(shop: Shop) -> None:
    shop.receive(CHAI, "2", unit_cost="3")
    order = shop.placed(ordered(CHAI, "2"))

    shop.take_in(order)

    assert shop.level(CHAI).value == 12


def test_a_piece_of_a_pack_comes_in_stock_units(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "3", pack_size="12", unit_cost="24"))
    line = order.lines[0].id

    received = shop.take_in(order, came(line, "7", in_stock_units=True)).document.lines[0]

    assert received.progress.accepted == 7
    assert received.received_quantity == Decimal("0.5833")
    assert shop.take_in(order).document.state is PurchaseState.RECEIVED
    assert shop.level(CHAI).on_hand == 36


@pytest.mark.parametrize(
    ("line", "pointer", "kind"),
    [
        ({"quantity": "0"}, "quantity", Invalid),
        ({"quantity": "-1"}, "quantity", Invalid),
        ({"rejected": "-1"}, "rejected_quantity", Invalid),
        ({"quantity": "0.1"}, "quantity", RuleBroken),
        ({"rejected": "0.1", "reason_code": "defective"}, "rejected_quantity", RuleBroken),
        ({"rejected": "1"}, "reason_code", RuleBroken),
        ({"rejected": "1", "reason_code": "nonsense"}, "reason_code", Unknown),
        ({"quantity": "1", "unit_cost": "-1"}, "unit_cost", Invalid),
        ({"quantity": "1", "unit_cost": "0.0000001"}, "unit_cost", RuleBroken),
        ({"quantity": "1", "variant_id": CHAI}, "line_id", Invalid),
        ({"quantity": "1", "line_id": 99}, "line_id", Unknown),
        ({"quantity": "1", "line_id": None, "variant_id": 99}, "variant_id", Unknown),
        ({"quantity": "1", "line_id": None}, "line_id", Invalid),
        ({"quantity": "1", "location_id": 99}, "location_id", Unknown),
        ({"quantity": "1", "lot": NamedLot(code="L")}, "lot", RuleBroken),
    ],
)
def test_impossible_deliveries_are_refused(
    shop: Shop, line: dict[str, Any], pointer: str, kind: type[DomainError]
) -> None:
    order = shop.placed(ordered(TEA, "5"), ordered(CHAI, "5"))
    tea, chai = (line.id for line in order.lines)
    given = {"line_id": chai, **line}

    with pytest.raises(kind) as refusal:
        shop.take_in(order, came(tea, "1"), came(given.pop("line_id"), **given), by=ANY_RIGHT)

    assert refusal.value.pointer == f"/lines/1/{pointer}"
    assert shop.order(order.id).state is PurchaseState.PLACED


def test_a_delivery_has_some_line(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "5"))

    with pytest.raises(Invalid) as refusal:
        shop.orders.receive(ReceiveOrder(id=order.id, lines=()), by=ANY_RIGHT)
    assert refusal.value.pointer == "/lines"


def test_more_than_ordered_takes_a_right(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    line = order.lines[0].id
    shop.take_in(order, came(line, "8"))

    with pytest.raises(Conflict, match="1 more than the 10 ordered") as refusal:
        shop.take_in(order, came(line, "3"))
    assert (refusal.value.code, refusal.value.pointer) == ("over_received", "/lines/0/quantity")

    assert (
        shop.take_in(order, came(line, "3"), by=ANY_RIGHT).document.lines[0].received_quantity == 11
    )
    assert shop.level(CHAI).value == 11


def test_lines_of_one_delivery_are_summed(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10"))
    line = order.lines[0].id

    with pytest.raises(Conflict) as refusal:
        shop.take_in(order, came(line, "6"), came(line, "5"))
    assert refusal.value.pointer == "/lines/1/quantity"


def test_the_company_tolerates_some_percent_more(shop: Shop) -> None:
    shop.companies.stored[1] = OurCompany(id=1, over_receipt_percent=Decimal(10))
    order = shop.placed(ordered(CHAI, "10"))
    line = order.lines[0].id

    with pytest.raises(Conflict):
        shop.take_in(order, came(line, "12"))
    assert shop.take_in(order, came(line, "11")).document.state is PurchaseState.RECEIVED


def test_goods_that_were_not_ordered_take_a_right_and_become_a_line(shop: Shop) -> None:
    shop.item(shop.acme, TEA, pack_size="10", unit_cost="20")
    order = shop.placed(ordered(CHAI, "5", unit_cost="1"))

    with pytest.raises(Conflict) as refusal:
        shop.take_in(order, came(None, "1", variant_id=TEA))
    assert (refusal.value.code, refusal.value.pointer) == ("over_received", "/lines/0/variant_id")
    assert len(shop.order(order.id).lines) == 1

    received = shop.take_in(order, came(None, "2", variant_id=TEA), by=ANY_RIGHT).document
    line = received.lines[1]
    assert (line.quantity, line.received_quantity, line.pack_size) == (0, 2, 10)
    assert received.state is PurchaseState.PARTIALLY_RECEIVED
    assert (shop.level(TEA).on_hand, shop.level(TEA).value) == (20, 40)
    same = ChangePurchaseOrder(
        id=order.id, lines=(ordered(CHAI, "5", id=1), ordered(TEA, "0", id=line.id))
    )
    assert len(shop.orders.change(same, by=ANY_RIGHT).lines) == 2


def test_a_variant_of_the_order_stands_for_its_line(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "5"), ordered(CHAI, "7"))

    shop.take_in(order, came(None, "5", variant_id=CHAI))
    received = shop.take_in(order, came(None, "7", variant_id=CHAI)).document

    assert [line.received_quantity for line in received.lines] == [5, 7]


def test_lots_of_one_line_come_in_lines_of_their_own(shop: Shop) -> None:
    order = shop.placed(ordered(CHEESE, "5", unit_cost="3"))
    line = order.lines[0].id
    lots = [NamedLot(code="A", expires_on=date(2026, 5, 1)), NamedLot(code="B")]

    with pytest.raises(RuleBroken) as refusal:
        shop.take_in(order)
    assert (refusal.value.code, refusal.value.pointer) == ("lot_required", "/lines/0/lot")
    received = shop.take_in(
        order, came(line, "2", lot=lots[0]), came(line, "3", lot=lots[1])
    ).document

    assert received.state is PurchaseState.RECEIVED
    assert shop.level(CHEESE).value == 15


def test_the_same_delivery_note_is_not_entered_twice(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10"))
    line = order.lines[0].id
    shop.take_in(order, came(line, "1"), reference="DN-1")

    with pytest.raises(Conflict) as refusal:
        shop.take_in(order, came(line, "1"), reference="DN-1")
    assert refusal.value.code == "duplicate_reference"
    shop.take_in(order, came(line, "1"), reference="DN-1", same_reference=True)


def test_rejected_goods_that_are_not_kept_never_come_in(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    line = order.lines[0].id

    received = shop.take_in(order, came(line, "6", "2", reason_code="damaged")).document.lines[0]

    assert (received.received_quantity, received.rejected_quantity) == (6, 2)
    assert received.open_quantity == 4
    assert shop.level(CHAI).on_hand == 6


def test_kept_rejected_goods_lie_in_quarantine_to_be_sent_back(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    line = order.lines[0].id

    delivered = came(line, "6", "2", reason_code="defective", keep_rejected=True)
    received = shop.take_in(order, delivered).document.lines[0]

    assert (received.received_quantity, received.rejected_quantity) == (6, 2)
    assert (received.open_quantity, received.returnable) == (4, 8)
    assert (shop.level(CHAI).on_hand, quarantined(shop, CHAI)) == (8, 2)

    returned = shop.send_back(order, back(line, "3")).document.lines[0]
    assert returned.returned_quantity == 3
    assert (shop.level(CHAI).on_hand, quarantined(shop, CHAI)) == (5, 0)
    assert shop.take_in(order, came(line, "4")).document.state is PurchaseState.RECEIVED


def test_a_rejection_is_void_when_its_posting_is_undone(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"), ordered(TEA, "5"))
    chai, tea = (line.id for line in order.lines)
    receipt = shop.take_in(
        order,
        came(chai, "6", "2", reason_code="defective", keep_rejected=True),
        came(tea, "0", "1", reason_code="defective"),
    ).postings[0]

    shop.corrections.reverse(ReversePosting(posting_id=receipt.id, lines=(2,)), by=ANY_RIGHT)
    assert [line.rejected_quantity for line in shop.order(order.id).lines] == [0, 1]
    shop.corrections.reverse(ReversePosting(posting_id=receipt.id), by=ANY_RIGHT)

    left = shop.order(order.id)
    assert [line.rejected_quantity for line in left.lines] == [0, 0]
    assert left.state is PurchaseState.PLACED


def test_what_was_only_rejected_makes_no_posting(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10"))
    line = order.lines[0].id

    settled = shop.take_in(order, came(line, rejected="2", reason_code="defective"))

    assert settled.postings == ()
    assert settled.document.lines[0].rejected_quantity == 2
    later = shop.clock.now() + timedelta(days=1)
    with pytest.raises(RuleBroken) as refusal:
        shop.take_in(order, came(line, rejected="2", reason_code="defective"), occurred_at=later)
    assert refusal.value.code == "in_future"


def test_no_more_goes_back_than_came(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    line = order.lines[0].id
    shop.take_in(order, came(line, "6"))
    shop.receive(CHAI, "50")
    shop.send_back(order, back(line, "2"))

    with pytest.raises(Conflict, match="Only 1") as refusal:
        shop.send_back(order, back(line, "3"), back(line, "2"))
    assert (refusal.value.code, refusal.value.pointer) == ("over_returned", "/lines/1/quantity")


def test_each_reason_makes_a_posting(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"), ordered(TEA, "5"))
    chai, tea = (line.id for line in order.lines)
    shop.take_in(order)

    settled = shop.send_back(
        order, back(chai, "1"), back(tea, "1", reason_code="wrong-item"), back(chai, "2")
    )

    assert [posting.reason_code for posting in settled.postings] == ["defective", "wrong-item"]
    assert [posting.entry_count for posting in settled.postings] == [2, 1]
    assert [line.returned_quantity for line in settled.document.lines] == [3, 1]


@pytest.mark.parametrize(
    ("line", "pointer", "kind"),
    [
        ({"quantity": "0"}, "quantity", Invalid),
        ({"quantity": "0.5"}, "quantity", RuleBroken),
        ({"quantity": "1", "reason_code": None}, "reason_code", RuleBroken),
        ({"quantity": "1", "reason_code": "nonsense"}, "reason_code", Unknown),
        ({"quantity": "1", "reason_code": "sample"}, "reason_code", RuleBroken),
        ({"quantity": "1", "disposition": Disposition.SCRAP}, "disposition", Invalid),
        ({"quantity": "1", "disposition": Disposition.QUARANTINE}, "quantity", Conflict),
        ({"quantity": "1", "line_id": 99}, "line_id", Unknown),
        ({"quantity": "1", "lot_code": "L"}, "lot_code", DomainError),
    ],
)
def test_impossible_returns_are_refused(
    shop: Shop, line: dict[str, Any], pointer: str, kind: type[DomainError]
) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"), ordered(TEA, "5"))
    chai, tea = (line.id for line in order.lines)
    shop.take_in(order)
    given = {"line_id": tea, **line}

    with pytest.raises(kind) as refusal:
        shop.send_back(order, back(chai, "1"), back(given.pop("line_id"), **given))

    assert refusal.value.pointer == f"/lines/1/{pointer}"
    assert shop.level(CHAI).on_hand == 10


def test_undoing_a_return_lets_it_be_returned_again(shop: Shop) -> None:
    order = shop.placed(ordered(CHAI, "10", unit_cost="1"))
    line = order.lines[0].id
    shop.take_in(order)
    returned = shop.send_back(order, back(line, "10")).postings[0]

    shop.corrections.reverse(ReversePosting(posting_id=returned.id), by=ANY_RIGHT)

    left = shop.order(order.id)
    assert (left.lines[0].returned_quantity, left.state) == (0, PurchaseState.RECEIVED)
    shop.send_back(order, back(line, "10"))


def test_a_line_of_no_cost_is_a_gift() -> None:
    line = PurchaseLine(variant_id=1, quantity=Decimal(4), unit_cost=Decimal(0))

    assert line.worth(Decimal(3)) == 0
    assert PurchaseLine(variant_id=1, quantity=Decimal(4)).worth(Decimal(3)) is None
