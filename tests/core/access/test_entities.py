from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sms_core.access.entities import (
    LastOwner,
    LoginAttempt,
    Role,
    Throttle,
    User,
    check_password_length,
    system_actor,
)
from sms_core.access.permissions import ALL_CODES, CATALOGUE, DELIVERED_ROLES, OWNER
from sms_core.shared.errors import Invalid, Unknown

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def delivered(name: str) -> frozenset[str]:
    return next(role.permissions for role in DELIVERED_ROLES if role.name == name)


def test_the_catalogue_names_each_permission_once_in_words() -> None:
    assert len(CATALOGUE) == len(ALL_CODES)
    assert all(permission.label and permission.description for permission in CATALOGUE)


def test_the_owner_has_all_permissions() -> None:
    assert delivered("owner") == ALL_CODES


def test_the_manager_has_all_but_users_and_roles() -> None:
    missing = ALL_CODES - delivered("manager")

    assert missing == {
        f"{k}.{v}" for k in ("user", "role") for v in ("view", "add", "change", "delete")
    }


def test_the_clerk_sees_no_cost_and_changes_no_master_data() -> None:
    clerk = delivered("clerk")

    assert {"brand.view", "stock.view", "stock.receive", "stock.issue", "stock.transfer"} <= clerk
    assert not clerk & {"cost.view", "brand.add", "product.change", "user.view", "stock.adjust"}


def test_the_auditor_sees_everything_and_changes_nothing() -> None:
    views = {code for code in ALL_CODES if code.endswith(".view")}

    assert delivered("auditor") == views | {"stock.verify"}


def test_the_system_may_do_everything_and_is_named() -> None:
    system = system_actor("req-1")

    assert (system.user_id, system.username, system.request_id) == (None, "System", "req-1")
    assert system.permissions == ALL_CODES
    assert system.sees(99)


def test_a_role_knows_its_permissions_once_in_the_order_of_the_catalogue() -> None:
    role = Role(name=" Buyer ", permissions=("stock.view", "brand.view", "stock.view"))

    assert (role.name, role.permissions) == ("Buyer", ("brand.view", "stock.view"))


def test_an_unknown_permission_is_refused_where_it_stands() -> None:
    with pytest.raises(Unknown) as refusal:
        Role(name="Buyer", permissions=("stock.view", "stock.steal"))
    assert (refusal.value.code, refusal.value.pointer) == ("unknown", "/permissions/1")


def test_the_owner_role_cannot_lose_a_permission_whatever_it_is_called() -> None:
    role = Role(name="boss", permissions=tuple(ALL_CODES), delivered_as=OWNER)

    with pytest.raises(LastOwner):
        role.change(permissions=tuple(ALL_CODES - {"brand.view"}))


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"username": "  "}, "/username"),
        ({"username": "a\x00b"}, "/username"),
        ({"username": "SYSTEM"}, "/username"),
        ({"email": "nowhere"}, "/email"),
        ({"first_name": "\ud800"}, "/first_name"),
        ({"phone": "1" * 121}, "/phone"),
    ],
)
def test_a_user_with_a_bad_attribute_is_refused(attributes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        User(**{"username": "ann", **attributes})
    assert refusal.value.pointer == pointer


def test_no_limit_to_warehouses_is_not_the_same_as_no_warehouse() -> None:
    assert User(username="ann").warehouse_ids is None
    assert User(username="ann", warehouse_ids=[]).warehouse_ids == ()
    assert User(username="ann", warehouse_ids=[3, 1, 3]).warehouse_ids == (1, 3)


@pytest.mark.parametrize("change", [{"role_ids": (2,)}, {"is_active": False}])
def test_other_roles_and_deactivation_end_all_sessions(change: dict[str, Any]) -> None:
    user = User(username="ann", role_ids=(1,))

    user.change(**change)

    assert user.token_version == 2


def test_a_change_of_name_ends_no_session() -> None:
    user = User(username="ann", role_ids=(1, 2))

    user.change(first_name="Ann", role_ids=(2, 1), warehouse_ids=(1,))

    assert user.token_version == 1


@pytest.mark.parametrize("length", [12, 64, 1024])
def test_a_long_password_is_taken_whole(length: int) -> None:
    check_password_length("x" * length, field="password")


@pytest.mark.parametrize("password", ["x" * 11, "x" * 1025, "\ud800" * 12])
def test_a_password_that_is_too_short_or_too_long_or_broken_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_password_length(password, field="new_password")
    assert refusal.value.pointer == "/new_password"


def attempts(
    n: int, account: str = "ann", failed: bool = True, ago: float = 60
) -> list[LoginAttempt]:
    at = NOW - timedelta(seconds=ago)
    return [LoginAttempt(account=account, address="a", at=at, failed=failed) for _ in range(n)]


def test_the_sixth_failure_for_an_account_from_one_address_is_not_heard() -> None:
    assert Throttle.wait(attempts(4), account="ann", now=NOW) == 0
    assert Throttle.wait(attempts(5), account="ann", now=NOW) == 240


def test_failures_for_others_do_not_count_until_the_address_has_fifty() -> None:
    assert Throttle.wait(attempts(49, "bob"), account="ann", now=NOW) == 0
    assert Throttle.wait(attempts(50, "bob"), account="ann", now=NOW) == 240


def test_failures_are_forgotten_after_five_minutes() -> None:
    assert Throttle.wait(attempts(5, ago=300), account="ann", now=NOW) == 0


def test_the_wait_lasts_until_the_fifth_last_failure_is_forgotten() -> None:
    seen = [*attempts(3, ago=280), *attempts(4, ago=10)]

    assert Throttle.wait(seen, account="ann", now=NOW) == 20


def test_attempts_under_way_count_but_are_soon_decided() -> None:
    assert Throttle.wait(attempts(5, failed=False), account="ann", now=NOW) == 1
