import pytest

from sms_core.catalogue.commands import ChangeBrand
from sms_core.catalogue.entities import Brand
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Forbidden, Invalid, RuleBroken, Stale, gathered


def actor(*permissions: str, warehouses: frozenset[int] | None = None) -> Actor:
    return Actor(
        user_id=1, username="ann", permissions=frozenset(permissions), warehouse_ids=warehouses
    )


def test_an_actor_may_do_just_what_his_permissions_say() -> None:
    actor("brand.view").require("brand.view")
    with pytest.raises(Forbidden, match=r"brand\.add"):
        actor("brand.view").require("brand.add")


def test_no_list_of_warehouses_means_no_limit_and_an_empty_one_sees_nothing() -> None:
    assert actor().sees(7)
    assert actor(warehouses=frozenset({7})).sees(7)
    assert not actor(warehouses=frozenset({7})).sees(8)
    assert not actor(warehouses=frozenset()).sees(7)


def test_a_change_carries_only_what_was_given() -> None:
    assert ChangeBrand(id=1, description="").values() == {"description": ""}


def test_a_change_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(Invalid):
        Brand(name="Acme").change(name="  ")


def test_a_stale_version_is_refused_and_no_version_expects_nothing() -> None:
    brand = Brand(name="Acme", version=3)
    brand.expect_version(3)
    brand.expect_version(None)
    with pytest.raises(Stale, match="version 3, you sent 2"):
        brand.expect_version(2)


def test_several_errors_become_one_of_the_gravest_kind() -> None:
    errors = [
        RuleBroken("too fine", pointer="/lines/0/quantity"),
        Conflict("only 3 in stock", code="insufficient_stock", pointer="/lines/1/quantity"),
    ]

    error = gathered(errors)

    assert isinstance(error, Conflict)
    assert error.code == "insufficient_stock"
    assert [e.pointer for e in error.errors] == ["/lines/0/quantity", "/lines/1/quantity"]


def test_a_single_error_stays_itself() -> None:
    error = RuleBroken("too fine")

    assert gathered([error]) is error
