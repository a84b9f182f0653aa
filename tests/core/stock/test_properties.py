"""What holds after any sequence of receipts and issues, refused ones included."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sms_core.shared.errors import DomainError
from sms_core.stock.chain import next_hash
from sms_core.stock.commands import IssuedLine, ReceivedLine
from sms_core.stock.levels import LevelKey
from sms_core.stock.postings import NamedLot
from tests.core.stock.conftest import CHEESE, Company

quantities = st.decimals(min_value="0.001", max_value="999", places=3)
costs = st.none() | st.decimals(min_value=0, max_value=50, places=6)
lots = st.builds(NamedLot, code=st.sampled_from(["A", "B", "C"]), expires_on=st.none()) | st.just(
    NamedLot(code="OLD", expires_on=date(2020, 1, 1))
)
spots = st.sampled_from(["default", "quarantine", "shelf"])
receipts = st.tuples(st.just("in"), quantities, costs, lots, spots)
issues = st.tuples(st.just("out"), quantities, st.none(), st.none() | lots, st.none() | spots)


def location_of(company: Company, shelf: int, place: str | None) -> int | None:
    own = {
        "default": company.main.default_location_id,
        "quarantine": company.main.quarantine_location_id,
        "shelf": shelf,
    }
    return own[place] if place else None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(receipts | issues, min_size=1, max_size=4), max_size=12))
def test_a_level_is_the_sum_of_its_entries_and_never_below_nothing(orders: list) -> None:  # type: ignore[type-arg]
    company = Company()
    shelf = company.place("SHELF")
    refused: set[tuple[bool, str]] = set()
    for order in orders:
        coming = order[0][0] == "in"
        lines = [line for line in order if (line[0] == "in") is coming]
        try:
            if coming:
                company.receive_lines(
                    *(
                        ReceivedLine(
                            variant_id=CHEESE,
                            quantity=quantity,
                            unit_cost=cost,
                            lot=lot,
                            location_id=location_of(company, shelf, place),
                        )
                        for _, quantity, cost, lot, place in lines
                    )
                )
            else:
                company.issue_lines(
                    *(
                        IssuedLine(
                            variant_id=CHEESE,
                            quantity=quantity,
                            lot_code=lot.code if lot else None,
                            location_id=location_of(company, shelf, place),
                        )
                        for _, quantity, _, lot, place in lines
                    )
                )
        except DomainError as refusal:
            refused |= {(coming, error.code) for error in refusal.errors}
        check(company)
    # Receipts never; issues for want of stock, or of a lot that never came.
    assert refused <= {(False, "unknown"), (False, "insufficient_stock")}


def check(company: Company) -> None:
    """The level, its bins and its chain agree with the entries."""
    level = company.repository.levels.get(LevelKey(CHEESE, company.main.id))
    if level is None:
        return
    recorded = [
        (posting, entry)
        for posting in company.repository.postings.values()
        for entry in posting.entries
    ]
    assert level.on_hand == sum(entry.quantity for _, entry in recorded)
    assert level.value == sum(entry.value for _, entry in recorded)
    assert level.on_hand == sum(bin.on_hand for bin in level.bins)
    assert level.value >= 0
    assert level.on_hand > 0 or level.value == 0
    assert [entry.seq for _, entry in recorded] == list(range(1, level.version + 1))
    previous, on_hand, value = "", Decimal(0), Decimal(0)
    for posting, entry in recorded:
        on_hand, value = on_hand + entry.quantity, value + entry.value
        assert (entry.on_hand_after, entry.value_after) == (on_hand, value)
        assert entry.hash == next_hash(previous, posting, entry)
        previous = entry.hash
