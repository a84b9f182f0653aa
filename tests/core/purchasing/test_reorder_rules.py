"""Rules of when to order more."""

from decimal import Decimal
from typing import Any

import pytest

from sms_core.purchasing.reorder import ChangeReorderRule, CreateReorderRule
from sms_core.purchasing.reorder_ports import ReorderRuleFilter
from sms_core.purchasing.reordering import ReorderRuleService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, DomainError, Duplicate, NotFound, Stale, Unknown
from sms_core.shared.paging import PageRequest
from tests.core.stock.conftest import CHAI, CHEESE, TEA, Company
from tests.fakes.base import RollingBackUnitOfWork
from tests.fakes.reorder import InMemoryReorderRuleRepository

RIGHTS = frozenset(f"purchase_order.{verb}" for verb in ("view", "add", "change", "delete"))


def buyer(*warehouse_ids: int) -> Actor:
    """A buyer who sees these warehouses; none named: all."""
    return Actor(
        user_id=5,
        username="ben",
        permissions=RIGHTS,
        warehouse_ids=frozenset(warehouse_ids) if warehouse_ids else None,
    )


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def rules(company: Company) -> ReorderRuleService:
    rows = InMemoryReorderRuleRepository(clock=company.clock)
    return ReorderRuleService(
        RollingBackUnitOfWork(rows), company.clock, rows, company.warehouses, company.repository
    )


def rule(variant_id: int = CHAI, warehouse_id: int = 1, **values: Any) -> CreateReorderRule:
    given = {"minimum": Decimal(10), "maximum": Decimal(40), **values}
    return CreateReorderRule(variant_id=variant_id, warehouse_id=warehouse_id, **given)


def test_a_rule_is_made_changed_archived_and_restored(rules: ReorderRuleService) -> None:
    made = rules.create(rule(pack_size=Decimal(12), lead_days=7), by=buyer())
    changed = rules.change(ChangeReorderRule(id=made.id, maximum=Decimal(50)), by=buyer())
    assert (changed.minimum, changed.maximum, changed.pack_size) == (10, 50, 12)

    rules.delete(made.id, by=buyer())
    with pytest.raises(NotFound):
        rules.get(made.id, by=buyer())

    assert rules.restore(made.id, by=buyer()).maximum == 50


def test_there_is_one_rule_per_variant_and_warehouse(
    rules: ReorderRuleService, company: Company
) -> None:
    north = company.open_warehouse("NORTH")
    first = rules.create(rule(), by=buyer())
    rules.create(rule(TEA), by=buyer())
    rules.create(rule(warehouse_id=north.id), by=buyer())

    with pytest.raises(Duplicate):
        rules.create(rule(), by=buyer())

    rules.delete(first.id, by=buyer())
    rules.create(rule(), by=buyer())
    with pytest.raises(Duplicate):
        rules.restore(first.id, by=buyer())


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"variant_id": 99}, "/variant_id"),
        ({"warehouse_id": 99}, "/warehouse_id"),
        ({"minimum": Decimal("0.5")}, "/minimum"),
        ({"maximum": Decimal("40.5")}, "/maximum"),
        ({"pack_size": Decimal("1.5")}, "/pack_size"),
        ({"maximum": Decimal(9)}, "/maximum"),
    ],
    ids=str,
)
def test_a_rule_is_about_what_there_is(
    rules: ReorderRuleService, values: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        rules.create(rule(**values), by=buyer())
    assert refusal.value.pointer == pointer
    assert rules.search(ReorderRuleFilter(), PageRequest(), by=buyer()).total == 0


def test_goods_by_weight_have_rules_as_fine_as_their_unit(rules: ReorderRuleService) -> None:
    assert rules.create(rule(CHEESE, minimum=Decimal("2.5")), by=buyer()).minimum == Decimal("2.5")


def test_a_stale_change_is_refused(rules: ReorderRuleService) -> None:
    made = rules.create(rule(), by=buyer())
    rules.change(ChangeReorderRule(id=made.id, maximum=Decimal(50), version=1), by=buyer())

    with pytest.raises(Stale):
        rules.change(ChangeReorderRule(id=made.id, maximum=Decimal(60), version=1), by=buyer())


def test_rules_of_warehouses_one_may_not_see_do_not_exist(
    rules: ReorderRuleService, company: Company
) -> None:
    north = company.open_warehouse("NORTH")
    there, here = rules.create(rule(warehouse_id=north.id), by=buyer()), buyer(company.main.id)
    mine = rules.create(rule(), by=here)

    for use_case in (
        lambda: rules.get(there.id, by=here),
        lambda: rules.change(ChangeReorderRule(id=there.id, maximum=Decimal(99)), by=here),
        lambda: rules.delete(there.id, by=here),
    ):
        with pytest.raises(NotFound):
            use_case()
    with pytest.raises(Unknown):
        rules.create(rule(TEA, warehouse_id=north.id), by=here)
    with pytest.raises(Unknown):
        rules.change(ChangeReorderRule(id=mine.id, warehouse_id=north.id), by=here)
    found = rules.search(ReorderRuleFilter(), PageRequest(), by=here)
    assert [one.id for one in found.items] == [mine.id]
    assert rules.bulk_delete([there.id, mine.id], by=here).missing_ids == [there.id]


def test_a_rule_comes_back_only_with_what_it_is_about(
    rules: ReorderRuleService, company: Company
) -> None:
    made = rules.create(rule(), by=buyer())
    rules.delete(made.id, by=buyer())
    del company.repository.goods[CHAI]

    with pytest.raises(Conflict) as refusal:
        rules.restore(made.id, by=buyer())
    assert refusal.value.code == "refers_to_archived"
