"""Which average goods leave and arrive at: the one from before they moved."""

from __future__ import annotations

from decimal import Decimal

from tests.core.stock.conftest import CHAI, Company


def test_what_leaves_costs_what_it_did_while_it_was_there(company: Company) -> None:
    company.receive(CHAI, "3", unit_cost="1")
    company.receive(CHAI, "1", unit_cost="2.000001")

    costs = [company.issue(CHAI, "2").entries[0].unit_cost for _ in range(2)]

    # The second time nothing stays that could have an average.
    assert costs == [Decimal("1.25"), Decimal("1.25")]
    assert company.level(CHAI).average_cost is None


def test_goods_without_a_cost_come_at_the_average_of_before(company: Company) -> None:
    company.receive(CHAI, "10", unit_cost="4")
    company.issue(CHAI, "7")

    found = company.receive(CHAI, "5").entries[0]

    assert (found.unit_cost, found.value) == (Decimal(4), Decimal(20))
