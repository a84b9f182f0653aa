"""The arithmetic of reordering."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sms_core.purchasing.reorder import Offer, ReorderRule, Suggestion, packs_of
from sms_core.shared.errors import DomainError


def rule(**values: Any) -> ReorderRule:
    given = {"minimum": Decimal(10), "maximum": Decimal(40), **values}
    return ReorderRule(variant_id=1, warehouse_id=1, **given)


def suggestion(**values: Any) -> Suggestion:
    numbers = {k: Decimal(v) for k, v in values.items() if isinstance(v, int | str)}
    return Suggestion(
        variant_id=1,
        variant_code="CHAI",
        product_name="Chai",
        warehouse_id=1,
        warehouse_code="MAIN",
        **{**values, **numbers},
    )


def offer(**values: Any) -> Offer:
    return Offer(supplier_id=1, supplier_code="EXO", supplier_name="Exotic", **values)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"minimum": Decimal(-1)}, "/minimum"),
        ({"minimum": Decimal("0.00001")}, "/minimum"),
        ({"minimum": Decimal(10) ** 12}, "/minimum"),
        ({"maximum": Decimal("NaN")}, "/maximum"),
        ({"maximum": Decimal(9)}, "/maximum"),
        ({"pack_size": Decimal(0)}, "/pack_size"),
        ({"pack_size": Decimal(-12)}, "/pack_size"),
        ({"lead_days": -1}, "/lead_days"),
        ({"lead_days": 3651}, "/lead_days"),
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_refused(values: dict[str, Any], pointer: str) -> None:
    with pytest.raises(DomainError) as refusal:
        rule(**values)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("field", ["minimum", "maximum", "pack_size"])
def test_a_rule_is_no_finer_than_the_unit(field: str) -> None:
    half = rule(**{"minimum": Decimal(0), field: Decimal("12.5")})

    half.expect_countable(1)
    with pytest.raises(DomainError) as refusal:
        half.expect_countable(0)
    assert refusal.value.pointer == f"/{field}"


def test_what_is_projected_counts_promises_and_deliveries() -> None:
    found = suggestion(on_hand=20, reserved=5, backordered=7, on_order=3, in_transit=4, maximum=50)

    assert (found.incoming, found.projected, found.shortfall) == (7, 15, 35)


@pytest.mark.parametrize(
    ("on_hand", "pack", "packs", "quantity"),
    [
        (10, "12", 3, 36),
        (4, "12", 3, 36),
        (3, "12", 4, 48),
        (10, "1", 30, 30),
        (40, "12", 1, 12),
        (0, "0.5", 80, 40),
    ],
)
def test_it_is_filled_up_in_whole_packs_and_one_at_least(
    on_hand: int, pack: str, packs: int, quantity: int
) -> None:
    found = suggestion(on_hand=on_hand, maximum=40, rule_pack_size=pack)

    assert (found.packs, found.quantity) == (packs, quantity)


def test_packs_and_time_are_the_rules_then_the_suppliers() -> None:
    sold = offer(pack_size=Decimal(12), unit_cost=Decimal(24), lead_days=7)
    day = datetime(2026, 11, 28, tzinfo=UTC)
    bare = suggestion(maximum=30, asked_at=day)
    by_supplier = replace(bare, offer=sold)
    by_rule = replace(by_supplier, rule_pack_size=Decimal(6), rule_lead_days=0)

    assert (bare.quantity, bare.lead_days, bare.unit_cost) == (30, None, None)
    assert (by_supplier.packs, by_supplier.quantity, by_supplier.unit_cost) == (3, 36, 24)
    assert (by_rule.packs, by_rule.quantity, by_rule.unit_cost) == (5, 30, 12)
    assert [each.expected_at for each in (bare, by_supplier, by_rule)] == [
        None,
        datetime(2026, 12, 5, tzinfo=UTC),
        day,
    ]


def test_who_may_not_see_costs_sees_the_offer_without() -> None:
    shown = suggestion(offer=offer(unit_cost=Decimal(24), code="C-7")).without_costs()

    assert shown.offer is not None
    assert (shown.offer.unit_cost, shown.offer.code, shown.unit_cost) == (None, "C-7", None)
    assert suggestion().without_costs().offer is None


def test_only_whole_packs_are_ordered() -> None:
    assert packs_of(Decimal(36), Decimal(12)) == 3
    assert packs_of(Decimal("2.5"), Decimal(1)) == Decimal("2.5")

    with pytest.raises(DomainError) as refusal:
        packs_of(Decimal(30), Decimal(12))
    assert (refusal.value.code, refusal.value.detail) == (
        "broken_pack",
        "It comes in packs of 12: order 24 or 36.",
    )
    with pytest.raises(DomainError):
        packs_of(Decimal(0), Decimal(12))
