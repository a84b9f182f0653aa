"""One suite for the repositories of access: what the doubles promise, the database keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from config.container import container
from sms_core.access.entities import LoginAttempt, Role, TokenFamily, User
from sms_core.access.permissions import ALL_CODES, OWNER
from sms_core.access.ports import (
    LoginAttemptRepository,
    Passwords,
    RoleFilter,
    RoleRepository,
    RoleSort,
    TokenFamilyRepository,
    UserFilter,
    UserRepository,
    UserSort,
    Warehouses,
)
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_django import models
from tests.fakes.access import (
    InMemoryLoginAttemptRepository,
    InMemoryRoleRepository,
    InMemoryTokenFamilyRepository,
    InMemoryUserRepository,
)
from tests.fakes.base import FixedClock

pytestmark = pytest.mark.django_db
NOW = FixedClock().now()


@dataclass
class Store:
    """The repositories over one store."""

    roles: RoleRepository
    users: UserRepository
    families: TokenFamilyRepository
    attempts: LoginAttemptRepository

    def role(self, name: str = "helper", **attributes: Any) -> Role:
        role = Role(name=name, **attributes)
        self.roles.add(role)
        return role

    def user(self, username: str = "ann", *roles: Role, **attributes: Any) -> User:
        role_ids = tuple(role.id for role in roles)
        user = User(username=username, role_ids=role_ids, **attributes)
        self.users.add(user)
        return user


@pytest.fixture(params=["memory", "django"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        roles = InMemoryRoleRepository()
        yield Store(
            roles,
            InMemoryUserRepository(roles=roles),
            InMemoryTokenFamilyRepository(),
            InMemoryLoginAttemptRepository(),
        )
        return
    get = container().get
    models.Role.objects.all().delete()
    yield Store(
        get(RoleRepository),
        get(UserRepository),
        get(TokenFamilyRepository),
        get(LoginAttemptRepository),
    )


# --- roles ---------------------------------------------------------------------------------------


def test_a_role_comes_back_as_it_went_in(store: Store) -> None:
    role = store.role("Buyer", label="Buyer", description="Buys", permissions=("unit.view",))

    assert store.roles.get(role.id) == role


def test_role_names_are_unique_among_the_live_whatever_their_case(store: Store) -> None:
    store.role("Straße")
    with pytest.raises(Duplicate) as refusal:
        store.role("STRASSE")
    assert refusal.value.pointer == "/name"


def test_the_name_of_an_archived_role_is_free(store: Store) -> None:
    role = store.role("Buyer")
    store.roles.archive([role.id], NOW)

    assert store.role("buyer").id != role.id
    with pytest.raises(NotFound):
        store.roles.get(role.id)


def test_a_second_writer_of_a_role_is_stale(store: Store) -> None:
    role = store.role()
    mine, theirs = store.roles.get_for_update(role.id), store.roles.get_for_update(role.id)
    mine.change(permissions=("unit.view",))
    store.roles.save(mine)

    theirs.change(permissions=())
    with pytest.raises(Stale):
        store.roles.save(theirs)
    assert store.roles.get(role.id).permissions == ("unit.view",)


def test_roles_are_searched_filtered_and_ordered(store: Store) -> None:
    for name, label in (("b", "Buyer 100%"), ("a", "Auditor"), ("c", "Clerk")):
        store.role(name, label=label)

    def names(**filter: Any) -> list[str]:
        return [role.name for role in store.roles.search(RoleFilter(**filter), PageRequest()).items]

    assert names() == ["a", "b", "c"]
    assert names(search="%") == ["b"]
    assert names(search="CLE") == ["c"]
    assert names(name="A") == ["a"]
    assert names(order=(Order(RoleSort.LABEL, descending=True),)) == ["c", "b", "a"]


def test_delivered_roles_are_known_by_their_key_even_when_archived(store: Store) -> None:
    owner = store.role("boss", permissions=tuple(ALL_CODES), delivered_as=OWNER)
    clerk = store.role("picker", delivered_as="clerk")
    store.role("own role")
    store.roles.archive([clerk.id], NOW)

    delivered = store.roles.delivered()

    assert {key: role.id for key, role in delivered.items()} == {OWNER: owner.id, "clerk": clerk.id}


# --- users ---------------------------------------------------------------------------------------


def test_a_user_comes_back_as_he_went_in(store: Store) -> None:
    role, other = store.role("a"), store.role("b")
    user = store.user(
        "Ann",
        role,
        other,
        password_hash="scrambled",
        first_name="Ann",
        last_name="Ek",
        email="ann@example.com",
        phone="1",
        is_active=False,
        warehouse_ids=(1, 2),
    )

    assert store.users.get(user.id) == user


@pytest.mark.parametrize("limit", [None, (), (3, 5)])
def test_no_limit_and_no_warehouse_are_kept_apart(
    store: Store, limit: tuple[int, ...] | None
) -> None:
    user = store.user(warehouse_ids=(1,))

    user.change(warehouse_ids=limit)
    store.users.save(user)

    assert store.users.get(user.id).warehouse_ids == limit
    account = store.users.find_account(user.id)
    assert account is not None
    assert account.user.warehouse_ids == limit


def test_a_username_is_taken_even_by_an_archived_user(store: Store) -> None:
    user = store.user("Straße")
    store.users.archive([user.id], NOW)

    with pytest.raises(Duplicate) as refusal:
        store.user("strasse")
    assert refusal.value.pointer == "/username"


def test_other_roles_are_saved_with_the_user(store: Store) -> None:
    a, b, c = store.role("a"), store.role("b"), store.role("c")
    user = store.user("ann", a, b)

    user.change(role_ids=(b.id, c.id))
    store.users.save(user)

    assert store.users.get(user.id).role_ids == (b.id, c.id)
    assert store.users.get_for_update(user.id).token_version == 2


def test_an_account_is_the_live_user_with_his_live_roles(store: Store) -> None:
    live = store.role("live", permissions=("unit.view",))
    gone = store.role("gone", permissions=("brand.view",))
    user = store.user("Ann", live, gone)
    store.roles.archive([gone.id], NOW)

    account = store.users.find_account(user.id)

    assert account is not None
    assert account == store.users.find_account_by_username("ANN")
    assert [role.name for role in account.roles] == ["live"]
    assert account.permissions == {"unit.view"}


def test_a_user_without_roles_has_an_account_too(store: Store) -> None:
    user = store.user()

    account = store.users.find_account(user.id)

    assert account is not None
    assert (account.user.id, account.roles or ()) == (user.id, ())


def test_there_is_no_account_of_an_archived_or_unknown_user(store: Store) -> None:
    user = store.user()
    store.users.archive([user.id], NOW)

    assert store.users.find_account(user.id) is None
    assert store.users.find_account_by_username("ann") is None
    assert store.users.find_account(user.id + 1000) is None


def test_an_account_costs_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    users, roles = container().get(UserRepository), container().get(RoleRepository)
    user = User(username="ann", role_ids=[role.id for role in roles.delivered().values()])
    users.add(user)

    with django_assert_num_queries(1):
        account = users.find_account(user.id)
    assert account is not None
    assert len(account.roles) == 4


def test_a_list_of_users_costs_the_same_however_many_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    users, roles = container().get(UserRepository), container().get(RoleRepository)
    ids = [role.id for role in roles.delivered().values()]
    for n in range(7):
        users.add(User(username=f"user {n}", role_ids=ids))

    with django_assert_num_queries(3):
        page = users.search(UserFilter(), PageRequest())
    assert [len(user.role_ids) for user in page.items] == [4] * 7


def test_users_are_searched_filtered_and_ordered(store: Store) -> None:
    role = store.role()
    store.user("ann", role, last_name="Ek", email="a@x.se")
    store.user("Bob", last_name="Dahl", is_active=False)

    def names(**filter: Any) -> list[str]:
        page = store.users.search(UserFilter(**filter), PageRequest())
        return [user.username for user in page.items]

    assert names() == ["ann", "Bob"]
    assert names(search="EK") == ["ann"]
    assert names(search="a@x") == ["ann"]
    assert names(username="BOB") == ["Bob"]
    assert names(is_active=False) == ["Bob"]
    assert names(role_id=role.id) == ["ann"]
    assert names(order=(Order(UserSort.LAST_NAME),)) == ["Bob", "ann"]
    assert names(deleted=True) == []


def test_live_users_are_counted_by_role(store: Store) -> None:
    a, b, c = store.role("a"), store.role("b"), store.role("c")
    store.user("one", a, b)
    store.user("two", a)
    gone = store.user("three", a, c)
    store.users.archive([gone.id], NOW)

    assert store.users.count_by_role([a.id, b.id, c.id]) == {a.id: 2, b.id: 1}
    assert store.users.count_by_role([b.id]) == {b.id: 1}


@pytest.mark.parametrize(
    ("attributes", "counts"),
    [({}, True), ({"is_active": False}, False), ({"warehouse_ids": ()}, False)],
    ids=str,
)
def test_an_owner_counts_when_active_and_without_limit(
    store: Store, attributes: dict[str, Any], counts: bool
) -> None:
    role = store.role()
    user = store.user("ann", role, **attributes)

    assert store.users.has_owner_besides([], owner_role_id=role.id) is counts
    assert not store.users.has_owner_besides([user.id], owner_role_id=role.id)
    assert not store.users.has_owner_besides([], owner_role_id=role.id + 1)
    store.users.archive([user.id], NOW)
    assert not store.users.has_owner_besides([], owner_role_id=role.id)


def test_a_store_with_an_archived_user_is_not_empty(store: Store) -> None:
    assert store.users.is_empty()
    user = store.user()
    store.users.archive([user.id], NOW)

    assert not store.users.is_empty()


def test_a_log_in_is_noted_without_a_new_version(store: Store) -> None:
    user = store.user()

    store.users.note_log_in(user.id, NOW)

    stored = store.users.get(user.id)
    assert (stored.last_login, stored.version) == (NOW, 1)


def test_archived_warehouses_are_not_among_the_existing() -> None:
    live, gone = (models.Warehouse.objects.create(code=c, code_key=c, name=c) for c in "ab")
    models.Warehouse.objects.filter(pk=gone.pk).update(deleted_at=NOW)

    found = container().get(Warehouses).existing([live.pk, gone.pk, 10**9])

    assert found == {live.pk}


# --- token families ------------------------------------------------------------------------------


def family(store: Store, expires_at: datetime = NOW + timedelta(days=7)) -> TokenFamily:
    user = store.user(f"user of {expires_at:%F}")
    made = TokenFamily(
        key=f"key {user.id}", digest="1", user_id=user.id, token_version=1, expires_at=expires_at
    )
    store.families.add(made)
    return made


def rotated(store: Store, made: TokenFamily, old: str, new: str) -> TokenFamily | None:
    later = NOW + timedelta(days=8)
    return store.families.rotate(made.key, old=old, new=new, at=NOW, expires_at=later)


def test_the_newest_token_is_replaced_once(store: Store) -> None:
    made = family(store)

    second = rotated(store, made, "1", "2")

    assert second is not None
    assert (second.user_id, second.digest) == (made.user_id, "2")
    assert second.expires_at == NOW + timedelta(days=8)
    assert rotated(store, made, "1", "3") is None
    assert rotated(store, made, "2", "3") is not None


def test_a_revoked_family_is_over(store: Store) -> None:
    made, other = family(store), family(store, NOW + timedelta(days=6))

    store.families.revoke(made.key, NOW)
    store.families.revoke("unknown", NOW)

    assert rotated(store, made, "1", "2") is None
    assert rotated(store, other, "1", "2") is not None


def test_an_expired_family_is_over_and_purged(store: Store) -> None:
    made, fresh = family(store, NOW), family(store)

    assert rotated(store, made, "1", "2") is None
    assert store.families.purge(NOW + timedelta(seconds=1)) == 1
    assert rotated(store, fresh, "1", "2") is not None


# --- log-in attempts -----------------------------------------------------------------------------


def attempt(store: Store, account: str, address: str, minutes_ago: int = 0) -> int:
    at = NOW - timedelta(minutes=minutes_ago)
    return store.attempts.add(LoginAttempt(account=account, address=address, at=at))


def test_the_attempts_of_an_address_are_counted_from_a_moment_on(store: Store) -> None:
    store.attempts.lock("a")
    failed = attempt(store, "ann", "a", 1)
    attempt(store, "bob", "a", 2)
    attempt(store, "ann", "a", 10)
    attempt(store, "ann", "b", 1)
    store.attempts.mark_failed(failed)

    seen = store.attempts.since("a", NOW - timedelta(minutes=5))

    assert {(one.account, one.failed) for one in seen} == {("ann", True), ("bob", False)}


def test_success_drops_the_attempts_of_that_account_and_address(store: Store) -> None:
    for account, address in (("ann", "a"), ("ann", "a"), ("bob", "a"), ("ann", "b")):
        attempt(store, account, address)

    store.attempts.forget(account="ann", address="a")

    long_ago = NOW - timedelta(days=1)
    assert [one.account for one in store.attempts.since("a", long_ago)] == ["bob"]
    assert len(store.attempts.since("b", long_ago)) == 1


def test_old_attempts_are_purged(store: Store) -> None:
    attempt(store, "ann", "a", 10)
    attempt(store, "ann", "a", 1)

    assert store.attempts.purge(NOW - timedelta(minutes=5)) == 1
    assert len(store.attempts.since("a", NOW - timedelta(days=1))) == 1


# --- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("password1234", False),
        ("123456789012345", False),
        ("anneliese-ek", False),
        ("a sentence nobody guesses", True),
        ("x1" * 512, True),
    ],
)
def test_common_and_similar_passwords_are_weak(password: str, good: bool) -> None:
    user = User(username="anneliese-ek")

    assert (not container().get(Passwords).weaknesses(password, user)) is good


@pytest.mark.parametrize("length", [64, 1024])
def test_argon2_takes_a_long_password_whole(settings: Any, length: int) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    passwords = container().get(Passwords)
    scrambled = passwords.scramble("é" * length)

    assert scrambled.startswith("argon2")
    assert len(scrambled) <= models.User._meta.get_field("password").max_length
    assert passwords.matches("é" * length, scrambled)
    assert not passwords.matches("é" * (length - 1), scrambled)
    assert not passwords.matches("", None)
