"""The ledger: what goods are worth, which ones leave, and that it can prove what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from sms_core.shared.errors import Conflict, DomainError, Forbidden, Invalid, RuleBroken, Unknown
from sms_core.stock.chain import canonical, next_hash
from sms_core.stock.commands import IssuedLine, ReceivedLine, ReceiveGoods
from sms_core.stock.kinds import ALLOWED, PREFIXES, Counterpart, Effect, Kind, allows
from sms_core.stock.levels import LevelKey
from sms_core.stock.picking import InsufficientStock
from sms_core.stock.postings import Draft, Incoming, NamedLot
from tests.core.stock.conftest import CHAI, CHEESE, TEA, Company, actor

D = Decimal


def lot(code: str, expires_on: date | None = None) -> NamedLot:
    return NamedLot(code=code, expires_on=expires_on)


def pointers(error: DomainError) -> list[tuple[str, str]]:
    return [(e.pointer, e.code) for e in error.errors]


# --- value -------------------------------------------------------------------------------------
def test_value_is_a_moving_average(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="1")
    company.receive(CHAI, "10", unit_cost="9")
    issued = company.issue(CHAI, "10")
    level = company.level(CHAI)
    assert (level.on_hand, level.value, level.average_cost) == (D(10), D(50), D(5))
    assert issued.entries[0].value == D(-50)
    assert issued.entries[0].unit_cost == D(5)


def test_the_last_unit_takes_all_that_is_left_of_the_value(company: Company) -> None:
    company.receive(CHAI, "3", unit_cost="0.333333")
    assert company.level(CHAI).value == D("1.0000")
    values = [company.issue(CHAI, "1").entries[0].value for _ in range(3)]
    assert values == [D("-0.3333"), D("-0.3334"), D("-0.3333")]
    assert (company.level(CHAI).on_hand, company.level(CHAI).value) == (0, 0)


def test_value_in_is_rounded_half_to_even(company: Company) -> None:
    for cost, value in (("0.00005", "0.0000"), ("0.00015", "0.0002"), ("0.00025", "0.0002")):
        assert company.receive(CHAI, "1", unit_cost=cost).entries[0].value == D(value)


def test_without_a_cost_the_average_then_the_last_receipt_then_the_reference_counts(
    company: Company,
) -> None:
    assert company.receive(CHAI, "1").entries[0].cost_source == "none"
    company.issue(CHAI, "1")
    reference = company.receive(TEA, "2").entries[0]
    assert (reference.cost_source, reference.value) == ("reference", D(5))
    company.receive(TEA, "2", unit_cost="4.5")
    average = company.receive(TEA, "1").entries[0]
    assert (average.cost_source, average.unit_cost) == ("average", D("3.5"))
    company.issue(TEA, "5")
    last = company.receive(TEA, "1").entries[0]
    assert (last.cost_source, last.unit_cost) == ("last_receipt", D("4.5"))


def test_the_last_receipt_of_another_warehouse_counts_too(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(TEA, "1", unit_cost="8")
    company.clock.advance(hours=1)
    company.receive(TEA, "1", unit_cost="6", warehouse_id=north.id)
    south = company.open_warehouse("SOUTH")
    entry = company.receive(TEA, "1", warehouse_id=south.id).entries[0]
    assert (entry.unit_cost, entry.cost_source) == (D(6), "last_receipt")


def test_a_gift_is_worth_nothing_and_says_nothing_about_the_next_cost(company: Company) -> None:
    gift = company.receive(TEA, "1", unit_cost="0").entries[0]
    assert (gift.value, gift.cost_source) == (D(0), "given")
    company.issue(TEA, "1")
    assert company.receive(TEA, "1").entries[0].cost_source == "reference"


# --- what leaves -------------------------------------------------------------------------------
def test_goods_come_into_the_default_location_or_the_one_named(company: Company) -> None:
    shelf = company.place("SHELF")
    entries = company.receive_lines(
        ReceivedLine(variant_id=CHAI, quantity=D(2)),
        ReceivedLine(variant_id=CHAI, quantity=D(3), location_id=shelf),
    ).entries
    assert [e.location_id for e in entries] == [company.main.default_location_id, shelf]
    assert company.level(CHAI).on_hand == 5


def test_earliest_expiry_leaves_first_then_the_default_location_then_by_code(
    company: Company,
) -> None:
    b, a = company.place("B"), company.place("A")
    late, soon = lot("L-LATE", date(2027, 1, 1)), lot("L-SOON", date(2026, 5, 1))
    for place, batch in ((a, late), (b, soon), (None, late), (a, soon), (None, soon)):
        company.receive(CHEESE, "1", location_id=place, lot=batch)
    entries = company.issue(CHEESE, "5").entries
    default = company.main.default_location_id
    assert [(e.lot_code, e.location_id) for e in entries] == [
        ("L-SOON", default),
        ("L-SOON", a),
        ("L-SOON", b),
        ("L-LATE", default),
        ("L-LATE", a),
    ]
    assert {e.line for e in entries} == {1}
    assert sum(e.quantity for e in entries) == -5


def test_a_named_lot_or_location_is_the_only_source(company: Company) -> None:
    shelf = company.place("SHELF")
    company.receive(CHEESE, "2", lot=lot("ONE"))
    company.receive(CHEESE, "2", lot=lot("TWO"), location_id=shelf)
    assert company.issue(CHEESE, "1", lot_code="two").entries[0].lot_code == "TWO"
    assert company.issue(CHEESE, "1", location_id=shelf).entries[0].location_id == shelf
    with pytest.raises(InsufficientStock, match="where you named it: 2 on hand"):
        company.issue(CHEESE, "1", lot_code="TWO")


def test_the_line_that_names_its_source_is_served_before_the_one_that_does_not(
    company: Company,
) -> None:
    company.receive(CHEESE, "1", lot=lot("OLD", date(2026, 4, 1)))
    company.receive(CHEESE, "1", lot=lot("NEW", date(2026, 9, 1)))
    entries = company.issue_lines(
        IssuedLine(variant_id=CHEESE, quantity=D(1)),
        IssuedLine(variant_id=CHEESE, quantity=D(1), lot_code="OLD"),
    ).entries
    assert [(e.line, e.lot_code) for e in entries] == [(1, "NEW"), (2, "OLD")]


@pytest.mark.parametrize("why", ["expired", "blocked"])
def test_unfit_lots_leave_only_when_named(company: Company, why: str) -> None:
    company.receive(CHEESE, "4", lot=lot("BAD", date(2026, 3, 1) if why == "expired" else None))
    if why == "blocked":
        stored = next(iter(company.lots.stored.values()))
        stored.is_blocked = True
    with pytest.raises(InsufficientStock, match="4 of expired or blocked lots"):
        company.issue(CHEESE, "1")
    with pytest.raises(InsufficientStock):
        company.issue(CHEESE, "1", location_id=company.main.default_location_id)
    assert company.issue(CHEESE, "1", lot_code="BAD").entries[0].quantity == -1


def test_a_lot_may_be_used_through_its_last_day(company: Company) -> None:
    company.receive(CHEESE, "1", lot=lot("TODAY", company.clock.now().date()))
    assert company.issue(CHEESE, "1").entries[0].lot_code == "TODAY"


def test_goods_in_quarantine_leave_only_when_their_location_is_named(company: Company) -> None:
    quarantine = company.main.quarantine_location_id
    company.receive(CHAI, "4", location_id=quarantine)
    with pytest.raises(InsufficientStock, match=r"0 available, 1 asked for.*4 in quarantine"):
        company.issue(CHAI, "1")
    assert company.issue(CHAI, "1", location_id=quarantine).entries[0].quantity == -1


def test_what_is_promised_does_not_leave(company: Company) -> None:
    company.receive(CHAI, "5")
    company.receive(CHAI, "2", location_id=company.main.quarantine_location_id)
    company.level(CHAI).reserved = D(4)
    with pytest.raises(InsufficientStock, match="7 on hand, 4 reserved, 1 available, 2 asked"):
        company.issue(CHAI, "2")
    entries = company.issue(CHAI, "1").entries
    assert [e.on_hand_after for e in entries] == [D(6)]


def test_all_lines_are_summed_before_they_are_checked(company: Company) -> None:
    company.receive(CHAI, "10")
    with pytest.raises(InsufficientStock, match="10 available, 12 asked for") as caught:
        company.issue_lines(
            IssuedLine(variant_id=CHAI, quantity=D(6)), IssuedLine(variant_id=CHAI, quantity=D(6))
        )
    assert pointers(caught.value) == [("/lines/1/quantity", "insufficient_stock")]
    assert company.level(CHAI).on_hand == 10


def test_a_shortage_says_where_else_there_is_some_among_what_one_sees(company: Company) -> None:
    north, secret = company.open_warehouse("NORTH"), company.open_warehouse("SECRET")
    company.receive(CHAI, "8", warehouse_id=north.id)
    company.receive(CHAI, "9", warehouse_id=secret.id)
    clerk = actor(warehouse_ids=frozenset({company.main.id, north.id}))
    with pytest.raises(InsufficientStock) as caught:
        company.issue_lines(IssuedLine(variant_id=CHAI, quantity=D(1)), by=clerk)
    assert caught.value.detail == (
        "Not enough CHAI in MAIN: 0 on hand, 0 reserved, 0 available, 1 asked for. "
        "There are 8 available in NORTH."
    )


# --- what is refused ---------------------------------------------------------------------------
def test_every_wrong_line_is_reported_at_once_and_nothing_is_posted(company: Company) -> None:
    company.receive(CHAI, "1")
    with pytest.raises(Invalid) as caught:
        company.issue_lines(
            IssuedLine(variant_id=CHAI, quantity=D(5)),
            IssuedLine(variant_id=99, quantity=D(1)),
            IssuedLine(variant_id=CHAI, quantity=D("0.5")),
            IssuedLine(variant_id=CHAI, quantity=D(0)),
            IssuedLine(variant_id=CHAI, quantity=D(1)),
            IssuedLine(variant_id=CHEESE, quantity=D(1), lot_code="NONE"),
            IssuedLine(variant_id=CHEESE, quantity=D(1), lot_code=" "),
        )
    assert pointers(caught.value) == [
        ("/lines/0/quantity", "insufficient_stock"),
        ("/lines/1/variant_id", "unknown"),
        ("/lines/2/quantity", "too_fine"),
        ("/lines/3/quantity", "not_positive"),
        ("/lines/4/quantity", "insufficient_stock"),
        ("/lines/5/lot_code", "unknown"),
        ("/lines/6/lot_code", "blank"),
    ]
    assert company.level(CHAI).on_hand == 1
    assert len(company.repository.postings) == 1


@pytest.mark.parametrize("quantity", ["1.5", "0.0001", "1000000000000"])
def test_a_quantity_finer_than_the_unit_or_too_large_is_never_rounded(
    company: Company, quantity: str
) -> None:
    with pytest.raises(RuleBroken):
        company.receive(CHAI, quantity)
    assert company.receive(CHAI, "11.0000").entries[0].quantity == 11


@pytest.mark.parametrize(
    ("cost", "kind", "code"),
    [
        ("-1", Invalid, "negative"),
        ("1000000000", RuleBroken, "too_large"),
        ("0.0000001", RuleBroken, "too_fine"),
    ],
)
def test_unit_costs_have_limits(
    company: Company, cost: str, kind: type[DomainError], code: str
) -> None:
    with pytest.raises(kind) as caught:
        company.receive(CHAI, "1", unit_cost=cost)
    assert pointers(caught.value) == [("/lines/0/unit_cost", code)]


def test_values_and_balances_have_limits(company: Company) -> None:
    with pytest.raises(RuleBroken) as caught:
        company.receive(CHAI, "1000000", unit_cost="999999999")
    assert pointers(caught.value) == [("/lines/0/quantity", "too_large")]
    company.receive(CHAI, "999999999999")
    with pytest.raises(RuleBroken) as caught:
        company.receive(CHAI, "1")
    assert pointers(caught.value) == [("/lines/0/quantity", "too_large")]


def test_lot_rules(company: Company) -> None:
    with pytest.raises(RuleBroken) as caught:
        company.receive(CHEESE, "1")
    assert pointers(caught.value) == [("/lines/0/lot", "lot_required")]
    with pytest.raises(RuleBroken) as caught:
        company.receive(CHAI, "1", lot=lot("X"))
    assert pointers(caught.value) == [("/lines/0/lot", "lot_not_tracked")]
    company.receive(CHEESE, "1", lot=lot("X", date(2027, 1, 1)))
    company.receive(CHEESE, "1", lot=lot("x"))
    with pytest.raises(RuleBroken, match="known with 2027-01-01") as caught:
        company.receive(CHEESE, "1", lot=lot("X", date(2027, 1, 2)))
    assert pointers(caught.value) == [("/lines/0/lot/expires_on", "lot_differs")]
    with pytest.raises(Invalid) as invalid:
        company.receive(CHEESE, "1", lot=lot(" "))
    assert pointers(invalid.value) == [("/lines/0/lot/code", "blank")]
    assert len(company.lots.stored) == 1


def test_inactive_goods_may_leave_but_not_come_in(company: Company) -> None:
    company.receive(CHAI, "2")
    company.repository.goods[CHAI] = replace(company.repository.goods[CHAI], is_active=False)
    with pytest.raises(RuleBroken) as caught:
        company.receive(CHAI, "1")
    assert pointers(caught.value) == [("/lines/0/variant_id", "inactive")]
    assert company.issue(CHAI, "2").entries[0].on_hand_after == 0


def test_locations_must_be_in_the_warehouse_and_not_in_transit(company: Company) -> None:
    other = company.open_warehouse("NORTH")
    for location_id in (other.default_location_id, 999):
        with pytest.raises(Unknown) as caught:
            company.receive(CHAI, "1", location_id=location_id)
        assert caught.value.pointer == "/lines/0/location_id"
    with pytest.raises(RuleBroken) as refused:
        company.receive(CHAI, "1", location_id=company.main.transit_location_id)
    assert refused.value.code == "in_transit"


def test_a_posting_has_between_one_and_a_thousand_lines(company: Company) -> None:
    with pytest.raises(Invalid) as caught:
        company.receive_lines()
    assert caught.value.pointer == "/lines"
    line = ReceivedLine(variant_id=CHAI, quantity=D(1))
    company.receive_lines(*[line] * 1000)
    with pytest.raises(Invalid) as caught:
        company.receive_lines(*[line] * 1001)
    assert caught.value.code == "too_many"


def test_own_use_needs_a_reason_that_is_offered_for_it(company: Company) -> None:
    company.receive(CHAI, "5")
    line = IssuedLine(variant_id=CHAI, quantity=D(1))
    for reason, kind, code in (
        (None, RuleBroken, "reason_required"),
        ("lost", RuleBroken, "reason_not_offered"),
        ("nope", Unknown, "unknown"),
    ):
        with pytest.raises(kind) as caught:
            company.issue_lines(line, reason_code=reason)
        assert (caught.value.code, caught.value.pointer) == (code, "/reason_code")
    sold = company.issue_lines(line, reason_code=None, counterpart=Counterpart.CUSTOMER)
    assert sold.entries[0].counterpart == "customer"
    assert company.issue(CHAI, "1").reason_code == "sample"


def test_goods_are_not_issued_to_a_supplier(company: Company) -> None:
    with pytest.raises(Invalid) as caught:
        company.issue_lines(
            IssuedLine(variant_id=CHAI, quantity=D(1)), counterpart=Counterpart.SUPPLIER
        )
    assert caught.value.pointer == "/counterpart"


def test_the_ledger_refuses_what_the_kind_does_not_allow(company: Company) -> None:
    draft = Draft(
        kind=Kind.ISSUE,
        lines=(
            Incoming(
                variant_id=CHAI,
                warehouse_id=company.main.id,
                quantity=D(1),
                counterpart=Counterpart.CUSTOMER,
            ),
        ),
    )
    with pytest.raises(RuleBroken) as caught:
        company.ledger.post(draft, by=actor())
    assert caught.value.code == "not_allowed"


# --- rights ------------------------------------------------------------------------------------
def test_rights_are_asked_for_first(company: Company) -> None:
    receipt = ReceivedLine(variant_id=CHAI, quantity=D(1))
    with pytest.raises(Forbidden):
        company.receive_lines(receipt, by=actor("stock.receive"))
    with pytest.raises(Forbidden):
        company.issue_lines(IssuedLine(variant_id=CHAI, quantity=D(1)), by=actor("stock.issue"))
    with pytest.raises(Forbidden):
        company.receive_lines(replace(receipt, unit_cost=D(0)), by=actor("cost.view"))
    shown = company.receive_lines(receipt, by=actor("cost.view")).entries[0]
    assert (shown.value, shown.unit_cost, shown.value_after) == (None, None, None)


def test_a_warehouse_one_may_not_see_does_not_exist(company: Company) -> None:
    stranger = actor(warehouse_ids=frozenset())
    with pytest.raises(Unknown) as caught:
        company.receive_lines(ReceivedLine(variant_id=CHAI, quantity=D(1)), by=stranger)
    assert caught.value.pointer == "/warehouse_id"
    with pytest.raises(Unknown) as caught:
        company.receive(CHAI, "1", warehouse_id=999)
    assert caught.value.pointer == "/warehouse_id"


# --- what is recorded --------------------------------------------------------------------------
def test_a_posting_names_who_when_why_and_is_numbered(company: Company) -> None:
    posting = company.stock.receive(
        ReceiveGoods(
            warehouse_id=company.main.id,
            lines=(ReceivedLine(variant_id=CHAI, quantity=D(1)),),
            reference=" DN-1 ",
            note="two boxes",
        ),
        by=actor(),
    )
    assert posting.number == "REC-2026-000001"
    assert (posting.user_id, posting.username, posting.request_id) == (7, "anna", "req-1")
    assert posting.occurred_at == posting.recorded_at == company.clock.now()
    assert (posting.reference, posting.note) == ("DN-1", "two boxes")
    assert company.receive(CHAI, "1").number == "REC-2026-000002"
    assert company.issue(CHAI, "1").number == "ISS-2026-000001"


def test_days_and_years_are_those_of_the_companys_zone(company: Company) -> None:
    company.clock.time = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    company.receive(CHEESE, "1", lot=lot("LAST", date(2026, 12, 31)))
    company.repository.zone = timezone(timedelta(hours=1))
    with pytest.raises(InsufficientStock, match="1 of expired"):
        company.issue(CHEESE, "1")
    assert company.receive(CHAI, "1").number == "REC-2027-000002"


def test_the_clock_of_a_level_never_runs_backwards(company: Company) -> None:
    first = company.receive(CHAI, "1").recorded_at
    company.clock.advance(minutes=-5)
    assert company.receive(CHAI, "1").recorded_at == first
    assert company.receive(TEA, "1").recorded_at == first - timedelta(minutes=5)


def test_entries_are_numbered_without_gaps_and_carry_the_balances(company: Company) -> None:
    company.receive_lines(
        ReceivedLine(variant_id=CHAI, quantity=D(4), unit_cost=D(2)),
        ReceivedLine(variant_id=TEA, quantity=D(1)),
        ReceivedLine(variant_id=CHAI, quantity=D(6), unit_cost=D(1)),
    )
    company.issue(CHAI, "3")
    entries = [
        entry
        for posting in company.repository.postings.values()
        for entry in posting.entries
        if entry.level.variant_id == CHAI
    ]
    assert [e.seq for e in entries] == [1, 2, 3]
    assert [e.on_hand_after for e in entries] == [4, 10, 7]
    assert [e.bin_on_hand_after for e in entries] == [4, 10, 7]
    assert [e.value_after for e in entries] == [D(8), D(14), D("9.8")]
    assert company.level(CHAI).version == 3


def test_the_entries_of_a_level_form_a_hash_chain(company: Company) -> None:
    company.receive(CHAI, "4", unit_cost="2")
    company.issue(CHAI, "1")
    previous = ""
    for posting in company.repository.postings.values():
        for entry in posting.entries:
            assert entry.hash == next_hash(previous, posting, replace(entry, hash=""))
            previous = entry.hash
            altered = replace(entry, value=entry.value + D("0.0001"))
            assert next_hash("", posting, altered) != next_hash("", posting, entry)
    assert company.level(CHAI).last_hash == previous


def test_the_canonical_form_is_fixed(company: Company) -> None:
    company.receive(CHAI, "4", unit_cost="2")
    posting = company.repository.postings[1]
    assert canonical(posting, posting.entries[0]) == (
        '[["receipt","REC-2026-000001",1772443800000000,1772443800000000,7,"anna","req-1",'
        'null,"","",null,null,null],'
        '[1,1,1,false,1,1,null,40000,0,80000,"supplier",2000000,"given",40000,40000,0,80000]]'
    )


def test_a_level_knows_its_last_hash_time_and_cost(company: Company) -> None:
    posting = company.receive(CHAI, "4", unit_cost="2")
    level = company.repository.levels[LevelKey(CHAI, company.main.id)]
    assert level.last_hash == posting.entries[0].hash
    assert level.last_recorded_at == level.last_cost_at == posting.recorded_at
    assert level.last_cost == 2


# --- the table of kinds ------------------------------------------------------------------------
def test_every_kind_has_a_prefix_of_its_own_and_its_counterparts() -> None:
    assert set(PREFIXES) == set(ALLOWED) == set(Kind)
    assert len(set(PREFIXES.values())) == len(Kind)
    used = {counterpart for table in ALLOWED.values() for counterpart in table}
    assert used == set(Counterpart)


def test_receipts_bring_and_issues_take() -> None:
    assert allows(Kind.RECEIPT, Counterpart.SUPPLIER, Effect.IN)
    assert not allows(Kind.RECEIPT, Counterpart.SUPPLIER, Effect.OUT)
    assert allows(Kind.ISSUE, Counterpart.INTERNAL, Effect.OUT)
    assert not allows(Kind.ISSUE, Counterpart.SUPPLIER, Effect.OUT)


@pytest.mark.parametrize(
    ("quantity", "reserved", "effect"),
    [
        ("1", "0", Effect.IN),
        ("-1", "-1", Effect.OUT),
        ("0", "2", Effect.PROMISE),
        ("0", "-2", Effect.RELEASE),
        ("0", "0", Effect.VALUE),
    ],
)
def test_the_effect_of_an_entry(quantity: str, reserved: str, effect: Effect) -> None:
    assert Effect.of(quantity=D(quantity), reserved=D(reserved)) is effect


def test_someone_who_changed_a_level_without_locking_it_is_noticed(company: Company) -> None:
    company.receive(CHAI, "4")
    lock = company.repository.lock

    def lock_and_interfere(keys):  # type: ignore[no-untyped-def]
        levels = lock(keys)
        company.level(CHAI).version += 1
        return levels

    company.repository.lock = lock_and_interfere  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        company.receive(CHAI, "1")
