"""Claims: how much an order gets when others wait for the same goods, and who is told of more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.errors import Conflict, Invalid
from sms_core.stock.kinds import Kind
from sms_core.stock.levels import LevelKey
from sms_core.stock.lines import Claim
from sms_core.stock.postings import Draft, Posted
from tests.core.stock.conftest import CHAI, TEA, Company, actor
from tests.core.stock.test_movements import refused
from tests.core.stock.test_promises import release, ship

ORDER = DocumentRef(DocumentType.SALES_ORDER, 5, "SO-2026-000005")


def claim(company: Company, *quantities: str, **line: Any) -> Posted | None:
    lines = tuple(
        Claim(
            variant_id=line.get("variant_id", CHAI),
            warehouse_id=company.main.id,
            quantity=Decimal(quantity),
            document_line=number,
            purpose="SO-2026-000005 Ada",
            out_of_turn=line.get("out_of_turn", False),
        )
        for number, quantity in enumerate(quantities, start=1)
    )
    draft = Draft(kind=Kind.RESERVATION, lines=lines, document=ORDER)
    with company.uow:
        return company.ledger.claim(draft, by=actor())


def promised(company: Company) -> list[tuple[int | None, Decimal]]:
    return [(r.document_line, r.open_quantity) for r in company.promises.stored.values()]


def test_a_claim_gets_what_is_available_up_to_what_it_asks(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "3")

    posted = claim(company, "5")

    assert posted is not None
    assert (company.level(CHAI).reserved, promised(company)) == (8, [(None, 3), (1, 5)])
    entry = posted.posting.entries[0]
    assert (entry.reserved, entry.document_line, posted.posting.document) == (5, 1, ORDER)
    kept = company.promises.stored[posted.reservation_ids[0]]
    assert (kept.document, kept.purpose) == (ORDER, "SO-2026-000005 Ada")


def test_claims_of_one_draft_share_a_level_in_their_order(company: Company) -> None:
    company.receive(CHAI, "10")

    claim(company, "6", "3", "5")

    assert promised(company) == [(1, 6), (2, 3), (3, 1)]


def test_a_claim_leaves_what_is_owed_to_those_before_it(company: Company) -> None:
    company.receive(CHAI, "10")
    company.backorders.owed[LevelKey(CHAI, company.main.id)] = Decimal(7)

    claim(company, "2", "5")

    assert promised(company) == [(1, 2), (2, 1)]


def test_a_claim_out_of_turn_leaves_nothing_to_those_before_it(company: Company) -> None:
    company.receive(CHAI, "10")
    company.backorders.owed[LevelKey(CHAI, company.main.id)] = Decimal(7)

    claim(company, "9", out_of_turn=True)

    assert promised(company) == [(1, 9)]


@pytest.mark.parametrize("owed", ["10", "12"])
def test_where_nothing_can_be_claimed_nothing_is_written(company: Company, owed: str) -> None:
    company.receive(CHAI, "10")
    company.backorders.owed[LevelKey(CHAI, company.main.id)] = Decimal(owed)
    before = len(company.repository.postings)

    assert claim(company, "4") is None

    assert (len(company.repository.postings), promised(company)) == (before, [])
    assert company.level(CHAI).reserved == 0


def test_a_claim_on_what_was_never_there_gets_nothing(company: Company) -> None:
    assert claim(company, "4") is None


def test_posting_claims_of_which_none_is_granted_is_refused(company: Company) -> None:
    line = Claim(variant_id=CHAI, warehouse_id=company.main.id, quantity=Decimal(4))
    draft = Draft(kind=Kind.RESERVATION, lines=(line,), document=ORDER)

    refused("no_change", company.ledger.post, draft, by=actor())


def test_a_claim_is_checked_like_any_line(company: Company) -> None:
    company.receive(CHAI, "10")

    with pytest.raises(Invalid) as error:
        claim(company, "0")
    assert error.value.pointer == "/lines/0/quantity"
    assert refused("too_fine", claim, company, "0.5").pointer == "/lines/0/quantity"


def test_goods_in_quarantine_cannot_be_claimed(company: Company) -> None:
    company.receive(CHAI, "10", location_id=company.main.quarantine_location_id)

    assert claim(company, "4") is None


def test_promises_whose_time_is_over_make_way_for_a_claim(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8", expires_at=company.clock.now() + timedelta(minutes=1))
    company.clock.advance(minutes=2)

    claim(company, "5")

    assert promised(company) == [(None, 0), (1, 5)]
    kinds = [posting.kind for posting in company.repository.postings.values()]
    assert kinds[-2:] == [Kind.RELEASE, Kind.RESERVATION]


def test_promises_whose_time_is_over_stay_while_nobody_needs_them(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "5", expires_at=company.clock.now() + timedelta(minutes=1))
    company.clock.advance(minutes=2)

    claim(company, "5")

    assert promised(company) == [(None, 5), (1, 5)]


def test_a_claim_that_frees_lapsed_promises_for_others_tells_so(company: Company) -> None:
    company.receive(CHAI, "10")
    company.reserve(CHAI, "8", expires_at=company.clock.now() + timedelta(minutes=1))
    company.clock.advance(minutes=2)
    company.backorders.owed[LevelKey(CHAI, company.main.id)] = Decimal(10)
    company.waiting.told.clear()

    assert claim(company, "5") is None

    assert company.waiting.told == [{LevelKey(CHAI, company.main.id)}]


def test_those_who_wait_are_told_of_goods_that_came_or_were_freed(company: Company) -> None:
    key = LevelKey(CHAI, company.main.id)

    receipt = company.receive(CHAI, "10")
    assert company.waiting.told == [{key}]
    company.reserve(CHAI, "8")
    company.issue(CHAI, "1")
    assert company.waiting.told == [{key}]
    issue = company.issue(CHAI, "1")
    company.reverse(issue)
    assert company.waiting.told == [{key}, {key}]
    refused("insufficient_stock", company.reverse, receipt)
    assert len(company.waiting.told) == 2


def test_those_who_wait_are_not_told_of_what_they_cannot_have(company: Company) -> None:
    company.receive(CHAI, "10", location_id=company.main.quarantine_location_id)
    assert company.waiting.told == []

    company.move(
        CHAI, "4", to=company.main.id, from_location_id=company.main.quarantine_location_id
    )
    assert company.waiting.told == [{LevelKey(CHAI, company.main.id)}]


def test_those_who_wait_are_told_of_the_levels_that_gained_alone(company: Company) -> None:
    north = company.open_warehouse("NORTH")
    company.receive(TEA, "5")
    company.waiting.told.clear()

    company.move(TEA, "2", to=north.id)

    assert company.waiting.told == [{LevelKey(TEA, north.id)}]


def test_a_reservation_of_a_document_is_shipped_with_it(company: Company) -> None:
    company.receive(CHAI, "10")
    posted = claim(company, "5")
    assert posted is not None
    (id,) = posted.reservation_ids

    error = refused("belongs_to_document", ship, company, id)
    assert "SO-2026-000005" in error.detail
    assert isinstance(error, Conflict)

    release(company, id)
    assert company.level(CHAI).reserved == 0
