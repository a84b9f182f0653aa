from collections.abc import Callable
from typing import Any

import pytest

from sms_core.access.commands import ChangeRole, ChangeUser, CreateRole, CreateUser
from sms_core.access.entities import LastOwner, User
from sms_core.access.permissions import ALL_CODES, DELIVERED_ROLES
from sms_core.access.ports import RoleFilter
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Duplicate, Forbidden, InUse, Invalid, NotFound, Stale, Unknown
from sms_core.shared.paging import PageRequest
from tests.core.access.conftest import PASSWORD, SYSTEM, Access

People = Callable[..., Actor]
USERS = ("user.view", "user.add", "user.change", "user.delete")
ROLES = ("role.view", "role.add", "role.change", "role.delete")


def names(access: Access, **filter: Any) -> list[str]:
    page = access.roles.search(RoleFilter(**filter), PageRequest(), by=SYSTEM)
    return [role.name for role in page.items]


# --- delivered roles ---------------------------------------------------------------------------


def test_the_delivered_roles_are_made_once(access: Access) -> None:
    access.roles.make_delivered()

    assert names(access) == ["auditor", "clerk", "manager", "owner"]


def test_what_the_owner_changed_stays_as_he_left_it(access: Access) -> None:
    delivered = access.roles.repository.delivered()
    access.roles.change(
        ChangeRole(id=delivered["clerk"].id, name="picker", permissions=("stock.view",)), by=SYSTEM
    )
    access.roles.delete(delivered["auditor"].id, by=SYSTEM)

    access.roles.make_delivered()

    assert names(access) == ["manager", "owner", "picker"]
    assert access.roles.get(delivered["clerk"].id, by=SYSTEM).permissions == ("stock.view",)


def test_the_owner_role_gets_the_permissions_that_a_new_version_adds(access: Access) -> None:
    older = access.owner_role
    object.__setattr__(older, "permissions", ("brand.view",))
    access.roles.repository.save(older)

    access.roles.make_delivered()

    assert set(access.owner_role.permissions) == ALL_CODES


def test_every_delivered_role_can_be_given_by_the_owner(access: Access) -> None:
    owner = access.as_actor(access.owner())

    for role in DELIVERED_ROLES:
        id = access.roles.repository.delivered()[role.name].id
        made = access.users.create(
            CreateUser(username=f"a {role.name}", password=PASSWORD, role_ids=(id,)), by=owner
        )
        assert access.as_actor(made).permissions == role.permissions


# --- roles ---------------------------------------------------------------------------------------


def test_two_live_roles_never_share_a_name(access: Access) -> None:
    with pytest.raises(Duplicate):
        access.roles.create(CreateRole(name="OWNER"), by=SYSTEM)


def test_nobody_makes_a_role_with_a_permission_he_has_not(access: Access, people: People) -> None:
    petra = people(*ROLES, "brand.view")

    access.roles.create(CreateRole(name="viewer", permissions=("brand.view",)), by=petra)
    with pytest.raises(Forbidden, match=r"brand\.add"):
        access.roles.create(CreateRole(name="adder", permissions=("brand.add",)), by=petra)


def test_nobody_adds_a_permission_to_his_own_role(access: Access, people: People) -> None:
    petra = people(*ROLES)
    own = access.sessions.account(petra.user_id or 0)
    assert own is not None

    with pytest.raises(Forbidden):
        access.roles.change(
            ChangeRole(id=own.roles[0].id, permissions=(*ROLES, "stock.adjust")), by=petra
        )
    assert access.as_actor(own.user).permissions == set(ROLES)


def test_nobody_touches_a_role_that_may_more_than_he(access: Access, people: People) -> None:
    petra = people(*ROLES)
    mighty = access.role("stock.adjust", name="mighty")

    for call in (
        lambda: access.roles.change(ChangeRole(id=mighty.id, permissions=()), by=petra),
        lambda: access.roles.change(ChangeRole(id=mighty.id, label="Tiny"), by=petra),
        lambda: access.roles.delete(mighty.id, by=petra),
        lambda: access.roles.bulk_delete([mighty.id], by=petra),
    ):
        with pytest.raises(Forbidden):
            call()
    assert access.roles.get(mighty.id, by=SYSTEM).permissions == ("stock.adjust",)


def test_who_is_limited_to_warehouses_changes_no_role(access: Access, people: People) -> None:
    petra = people(*ROLES, "brand.view", warehouse_ids=(1,))
    role = access.role("brand.view")

    with pytest.raises(Forbidden):
        access.roles.change(ChangeRole(id=role.id, permissions=ROLES), by=petra)
    assert access.roles.get(role.id, by=SYSTEM).permissions == ("brand.view",)


def test_nobody_restores_a_role_that_may_more_than_he(access: Access, people: People) -> None:
    petra = people(*ROLES)
    mighty = access.role("stock.adjust", name="mighty")
    access.roles.delete(mighty.id, by=SYSTEM)

    with pytest.raises(Forbidden):
        access.roles.restore(mighty.id, by=petra)
    with pytest.raises(NotFound):
        access.roles.get(mighty.id, by=SYSTEM)


def test_a_role_in_use_is_not_archived_and_the_answer_says_by_whom(access: Access) -> None:
    role = access.role("brand.view")
    ann = access.user("ann", role)
    access.user("bob", role)

    with pytest.raises(InUse, match="2 users"):
        access.roles.delete(role.id, by=SYSTEM)
    assert access.roles.bulk_delete([role.id], by=SYSTEM).in_use_ids == [role.id]

    access.users.delete(ann.id, by=SYSTEM)
    with pytest.raises(InUse, match="1 user"):
        access.roles.delete(role.id, by=SYSTEM)


def test_the_owner_role_is_never_archived(access: Access) -> None:
    access.owner()
    access.roles.change(ChangeRole(id=access.owner_role.id, name="boss"), by=SYSTEM)

    with pytest.raises(LastOwner):
        access.roles.delete(access.owner_role.id, by=SYSTEM)
    with pytest.raises(LastOwner):
        access.roles.bulk_delete([access.owner_role.id], by=SYSTEM)


def test_the_owner_role_never_loses_a_permission(access: Access) -> None:
    with pytest.raises(LastOwner):
        access.roles.change(
            ChangeRole(id=access.owner_role.id, permissions=("brand.view",)), by=SYSTEM
        )


def test_the_permissions_are_listed_for_those_who_see_roles(access: Access, people: People) -> None:
    petra = people("role.view")

    assert access.roles.permission("cost.view", by=petra).label == "View costs"
    assert len(access.roles.permissions(by=petra)) == len(ALL_CODES)
    with pytest.raises(NotFound):
        access.roles.permission("cost.hide", by=petra)


# --- users ---------------------------------------------------------------------------------------


def test_a_user_gets_what_his_roles_grant_together(access: Access) -> None:
    views, adds = access.role("brand.view", name="views"), access.role("brand.add", name="adds")

    ann = access.as_actor(access.user("ann", views, adds, warehouse_ids=(2,)))

    assert ann.permissions == {"brand.view", "brand.add"}
    assert (ann.sees(2), ann.sees(1)) == (True, False)


def test_an_archived_role_grants_nothing(access: Access) -> None:
    role = access.role("brand.view")
    ann = access.user("ann", role)
    access.roles.repository.archive([role.id], access.clock.now())

    assert access.as_actor(ann).permissions == frozenset()


def test_what_changed_in_a_role_acts_on_the_next_request(access: Access) -> None:
    role = access.role("brand.view")
    ann = access.user("ann", role)

    access.roles.change(ChangeRole(id=role.id, permissions=("unit.view",)), by=SYSTEM)

    assert access.as_actor(ann).permissions == {"unit.view"}


def test_a_username_is_taken_for_ever(access: Access) -> None:
    ann = access.user("ann")
    access.users.delete(ann.id, by=SYSTEM)

    with pytest.raises(Duplicate) as refusal:
        access.user("ANN")
    assert refusal.value.pointer == "/username"


def test_unknown_roles_and_warehouses_are_all_pointed_at(access: Access) -> None:
    with pytest.raises(Unknown) as refusal:
        access.users.create(
            CreateUser(
                username="ann",
                password=PASSWORD,
                role_ids=(access.owner_role.id, 77),
                warehouse_ids=(99, 1),
            ),
            by=SYSTEM,
        )
    assert [(error.code, error.pointer) for error in refusal.value.errors] == [
        ("unknown", "/role_ids/1"),
        ("unknown", "/warehouse_ids/0"),
    ]


def test_a_user_may_keep_a_warehouse_that_was_archived_meanwhile(access: Access) -> None:
    ann = access.user("ann", warehouse_ids=(1, 2))
    access.warehouses.ids.remove(2)

    changed = access.users.change(ChangeUser(id=ann.id, warehouse_ids=(1, 2, 3)), by=SYSTEM)

    assert changed.warehouse_ids == (1, 2, 3)


@pytest.mark.parametrize("password", ["short", "ann-ann-ann-ann"])
def test_a_weak_password_is_refused_and_nothing_is_stored(access: Access, password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        access.users.create(CreateUser(username="ann", password=password), by=SYSTEM)
    assert refusal.value.pointer == "/password"
    assert access.users.is_first_start()


def test_a_password_is_kept_scrambled_and_never_printed(access: Access) -> None:
    ann = access.user("ann")

    assert PASSWORD not in ann.password_hash
    assert PASSWORD not in repr(CreateUser(username="ann", password=PASSWORD))
    assert PASSWORD not in repr(ChangeUser(id=1, password=PASSWORD))


def test_a_stale_change_of_a_user_is_refused(access: Access) -> None:
    ann = access.user("ann")
    access.users.change(ChangeUser(id=ann.id, first_name="Ann", version=1), by=SYSTEM)

    with pytest.raises(Stale):
        access.users.change(ChangeUser(id=ann.id, first_name="Anna", version=1), by=SYSTEM)


# --- nobody gives what he has not ----------------------------------------------------------------


def test_nobody_gives_a_role_with_a_permission_he_has_not(access: Access, people: People) -> None:
    petra = people(*USERS)
    mighty = access.role("stock.adjust", name="mighty")
    ann = access.user("ann")

    with pytest.raises(Forbidden):
        access.users.create(
            CreateUser(username="bob", password=PASSWORD, role_ids=(mighty.id,)), by=petra
        )
    for id in (ann.id, petra.user_id or 0):
        with pytest.raises(Forbidden):
            access.users.change(ChangeUser(id=id, role_ids=(mighty.id,)), by=petra)
    assert access.as_actor(ann).permissions == frozenset()


@pytest.mark.parametrize("given", [None, (1, 2), (2,)])
def test_nobody_gives_a_warehouse_he_has_not(
    access: Access, people: People, given: tuple[int, ...] | None
) -> None:
    petra = people(*USERS, warehouse_ids=(1,))
    ann = access.user("ann", warehouse_ids=())

    with pytest.raises(Forbidden):
        access.users.create(
            CreateUser(username="bob", password=PASSWORD, warehouse_ids=given), by=petra
        )
    for id in (ann.id, petra.user_id or 0):
        with pytest.raises(Forbidden):
            access.users.change(ChangeUser(id=id, warehouse_ids=given), by=petra)


def test_a_limited_actor_gives_the_warehouses_he_has(access: Access, people: People) -> None:
    petra = people(*USERS, warehouse_ids=(1, 2))

    ann = access.users.create(
        CreateUser(username="ann", password=PASSWORD, warehouse_ids=(2,)), by=petra
    )

    assert access.users.get(ann.id, by=petra).warehouse_ids == (2,)


MISCHIEF: tuple[dict[str, Any], ...] = (
    {"password": "another good password"},
    {"email": "petra@example.com"},
    {"username": "nobody"},
    {"is_active": False},
    {"role_ids": ()},
)


@pytest.mark.parametrize("change", MISCHIEF, ids=lambda change: next(iter(change)))
def test_nobody_touches_the_account_of_one_who_may_more(
    access: Access, people: People, change: dict[str, Any]
) -> None:
    petra = people(*USERS)
    owner = access.owner()
    unlimited = access.user("ulla", warehouse_ids=None)
    limited = people(*USERS, username="lena", warehouse_ids=(1,))

    with pytest.raises(Forbidden):
        access.users.change(ChangeUser(id=owner.id, **change), by=petra)
    with pytest.raises(Forbidden):
        access.users.change(ChangeUser(id=unlimited.id, **change), by=limited)
    assert access.users.get(owner.id, by=SYSTEM) == owner


def test_nobody_archives_or_restores_one_who_may_more(access: Access, people: People) -> None:
    petra = people(*USERS)
    mighty = access.user("max", access.role("stock.adjust", name="mighty"))

    with pytest.raises(Forbidden):
        access.users.delete(mighty.id, by=petra)
    with pytest.raises(Forbidden):
        access.users.bulk_delete([mighty.id], by=petra)
    access.users.delete(mighty.id, by=SYSTEM)
    with pytest.raises(Forbidden):
        access.users.restore(mighty.id, by=petra)


def test_nobody_reactivates_one_who_may_more(access: Access, people: People) -> None:
    petra = people(*USERS)
    mighty = access.user("max", access.role("stock.adjust", name="mighty"), is_active=False)

    with pytest.raises(Forbidden):
        access.users.change(ChangeUser(id=mighty.id, is_active=True), by=petra)


def test_a_restored_user_comes_back_with_the_roles_that_are_left(access: Access) -> None:
    kept, gone = access.role("brand.view", name="kept"), access.role("unit.view", name="gone")
    ann = access.user("ann", kept, gone)
    access.users.delete(ann.id, by=SYSTEM)
    access.roles.delete(gone.id, by=SYSTEM)

    restored = access.users.restore(ann.id, by=SYSTEM)

    assert restored.role_ids == (kept.id,)
    assert restored.token_version > ann.token_version


# --- the last owner ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"role_ids": ()}, {"warehouse_ids": ()}, {"warehouse_ids": (1,)}],
    ids=str,
)
def test_the_last_owner_stays_one(access: Access, change: dict[str, Any]) -> None:
    owner = access.owner()
    by = access.as_actor(owner)

    with pytest.raises(LastOwner):
        access.users.change(ChangeUser(id=owner.id, **change), by=by)
    assert access.users.get(owner.id, by=by) == owner


def test_the_last_owner_is_not_archived(access: Access) -> None:
    owner = access.owner()

    with pytest.raises(LastOwner):
        access.users.delete(owner.id, by=access.as_actor(owner))


def test_the_last_two_owners_are_not_archived_together(access: Access) -> None:
    one, two = access.owner("one"), access.owner("two")

    with pytest.raises(LastOwner):
        access.users.bulk_delete([one.id, two.id], by=SYSTEM)


@pytest.mark.parametrize(
    "other",
    [{"is_active": False}, {"warehouse_ids": (1,)}, {"archived": True}, {"demoted": True}],
    ids=str,
)
def test_who_is_no_full_owner_does_not_count_as_the_other_one(
    access: Access, other: dict[str, Any]
) -> None:
    owner = access.owner()
    role = access.role() if other.pop("demoted", False) else access.owner_role
    archived = other.pop("archived", False)
    second: User = access.user("second", role, **other)
    if archived:
        access.users.delete(second.id, by=SYSTEM)

    with pytest.raises(LastOwner):
        access.users.delete(owner.id, by=SYSTEM)


def test_one_of_two_owners_may_leave(access: Access) -> None:
    one, two = access.owner("one"), access.owner("two")

    access.users.change(ChangeUser(id=one.id, is_active=False), by=access.as_actor(two))

    assert access.sessions.account(one.id) is None


def test_the_first_start_is_over_for_ever_once_there_was_a_user(access: Access) -> None:
    assert access.users.is_first_start()

    ann = access.user("ann")
    access.users.delete(ann.id, by=SYSTEM)

    assert not access.users.is_first_start()
