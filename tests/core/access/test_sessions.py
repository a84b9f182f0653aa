from collections.abc import Callable

import pytest

from sms_core.access.commands import ChangePassword, ChangeRole, ChangeUser, LogIn
from sms_core.access.entities import LoginThrottled, Tokens, User
from sms_core.access.sessions import BadLogin, BadToken
from sms_core.shared.errors import Invalid
from tests.core.access.conftest import PASSWORD, SYSTEM, Access

HOME = "192.0.2.1"


@pytest.fixture
def ann(access: Access) -> User:
    return access.user("Ann", access.role("brand.view"))


def log_in(
    access: Access, username: str = "ann", password: str = PASSWORD, address: str = HOME
) -> Tokens:
    return access.sessions.log_in(LogIn(username=username, password=password, address=address))


def fail(access: Access, times: int, username: str = "ann", address: str = HOME) -> None:
    for _ in range(times):
        with pytest.raises(BadLogin):
            log_in(access, username, "wrong password", address)


# --- logging in ----------------------------------------------------------------------------------


def test_a_log_in_gives_tokens_that_say_who_it_is(access: Access, ann: User) -> None:
    tokens = log_in(access)

    assert access.sessions.account_of_token(tokens.access).user.id == ann.id
    assert tokens.expires_in == 600
    assert access.users.get(ann.id, by=SYSTEM).last_login == access.clock.now()


@pytest.mark.parametrize("username", ["nobody", "", "a\x00b", "\ud800", "x" * 500])
def test_an_unknown_user_is_refused_like_a_wrong_password_and_as_slowly(
    access: Access, ann: User, username: str
) -> None:
    with pytest.raises(BadLogin) as unknown:
        log_in(access, username)
    with pytest.raises(BadLogin) as wrong:
        log_in(access, "ann", "wrong password")

    assert unknown.value.detail == wrong.value.detail
    assert access.passwords.looks == 2


@pytest.mark.parametrize("password", ["", "x" * 5000, "\ud800"])
def test_what_nobody_can_have_as_password_is_a_wrong_one(
    access: Access, ann: User, password: str
) -> None:
    with pytest.raises(BadLogin):
        log_in(access, "ann", password)


def test_inactive_and_archived_users_do_not_get_in(access: Access, ann: User) -> None:
    access.users.change(ChangeUser(id=ann.id, is_active=False), by=SYSTEM)
    with pytest.raises(BadLogin):
        log_in(access)
    access.users.change(ChangeUser(id=ann.id, is_active=True), by=SYSTEM)
    access.users.delete(ann.id, by=SYSTEM)
    with pytest.raises(BadLogin):
        log_in(access)
    assert access.passwords.looks == 2


def test_after_five_failures_the_password_is_not_even_looked_at(access: Access, ann: User) -> None:
    fail(access, 5)

    with pytest.raises(LoginThrottled) as refusal:
        log_in(access)

    assert refusal.value.retry_after == 300
    assert access.passwords.looks == 5


def test_the_right_password_from_elsewhere_still_works(access: Access, ann: User) -> None:
    fail(access, 5)

    assert log_in(access, address="192.0.2.2").access


def test_spelling_the_name_otherwise_gives_no_further_tries(access: Access, ann: User) -> None:
    fail(access, 3)
    fail(access, 2, username=" ANN ")

    with pytest.raises(LoginThrottled):
        log_in(access)


def test_fifty_failures_close_an_address_for_all_accounts(access: Access, ann: User) -> None:
    for n in range(10):
        fail(access, 5, username=f"guess {n}")

    with pytest.raises(LoginThrottled):
        log_in(access)
    assert log_in(access, address="192.0.2.2").access


def test_refused_attempts_do_not_prolong_the_wait(access: Access, ann: User) -> None:
    fail(access, 5)
    access.clock.advance(seconds=200)
    with pytest.raises(LoginThrottled) as refusal:
        log_in(access)
    assert refusal.value.retry_after == 100

    access.clock.advance(seconds=100)

    assert log_in(access).access


def test_a_success_forgets_the_failures_before_it(access: Access, ann: User) -> None:
    fail(access, 4)
    log_in(access)

    fail(access, 4)

    assert log_in(access).access


# --- what a token is worth -----------------------------------------------------------------------


def test_an_access_token_expires_after_ten_minutes(access: Access, ann: User) -> None:
    tokens = log_in(access)
    access.clock.advance(minutes=10)

    with pytest.raises(BadToken):
        access.sessions.account_of_token(tokens.access)


Deed = Callable[[Access, User], object]
ENDING: dict[str, Deed] = {
    "deactivated": lambda access, user: access.users.change(
        ChangeUser(id=user.id, is_active=False), by=SYSTEM
    ),
    "re-activated": lambda access, user: (
        access.users.change(ChangeUser(id=user.id, is_active=False), by=SYSTEM),
        access.users.change(ChangeUser(id=user.id, is_active=True), by=SYSTEM),
    ),
    "archived": lambda access, user: access.users.delete(user.id, by=SYSTEM),
    "archived and restored": lambda access, user: (
        access.users.delete(user.id, by=SYSTEM),
        access.users.restore(user.id, by=SYSTEM),
    ),
    "other roles": lambda access, user: access.users.change(
        ChangeUser(id=user.id, role_ids=()), by=SYSTEM
    ),
    "new password": lambda access, user: access.users.change(
        ChangeUser(id=user.id, password="another good password"), by=SYSTEM
    ),
    "own new password": lambda access, user: access.sessions.change_password(
        ChangePassword(
            user_id=user.id,
            current_password=PASSWORD,
            new_password="another good password",
            address=HOME,
        )
    ),
}


@pytest.mark.parametrize("deed", ENDING)
def test_neither_token_works_after(access: Access, ann: User, deed: str) -> None:
    tokens = log_in(access)

    ENDING[deed](access, ann)

    with pytest.raises(BadToken):
        access.sessions.account_of_token(tokens.access)
    with pytest.raises(BadToken):
        access.sessions.refresh(tokens.refresh)


def test_a_changed_role_acts_on_the_token_that_is_out_already(access: Access, ann: User) -> None:
    tokens = log_in(access)

    access.roles.change(ChangeRole(id=ann.role_ids[0], permissions=("unit.view",)), by=SYSTEM)

    account = access.sessions.account_of_token(tokens.access)
    assert account.permissions == {"unit.view"}


# --- refresh tokens ------------------------------------------------------------------------------


def test_a_refresh_token_gives_a_new_pair_once(access: Access, ann: User) -> None:
    first = log_in(access)

    second = access.sessions.refresh(first.refresh)

    assert second.refresh != first.refresh
    assert access.sessions.account_of_token(second.access).user.id == ann.id


def test_a_replay_ends_the_whole_family(access: Access, ann: User) -> None:
    first = log_in(access)
    second = access.sessions.refresh(first.refresh)
    third = access.sessions.refresh(second.refresh)

    with pytest.raises(BadToken):
        access.sessions.refresh(first.refresh)
    with pytest.raises(BadToken):
        access.sessions.refresh(third.refresh)


def test_a_replay_leaves_other_log_ins_alone(access: Access, ann: User) -> None:
    first, other = log_in(access), log_in(access)
    access.sessions.refresh(first.refresh)
    with pytest.raises(BadToken):
        access.sessions.refresh(first.refresh)

    assert access.sessions.refresh(other.refresh).access


def test_a_refresh_token_works_for_seven_days(access: Access, ann: User) -> None:
    first = log_in(access)
    access.clock.advance(days=6)
    second = access.sessions.refresh(first.refresh)
    access.clock.advance(days=7)

    with pytest.raises(BadToken):
        access.sessions.refresh(second.refresh)


def test_a_revoked_token_does_not_refresh(access: Access, ann: User) -> None:
    tokens = log_in(access)

    access.sessions.revoke(tokens.refresh)

    with pytest.raises(BadToken):
        access.sessions.refresh(tokens.refresh)


@pytest.mark.parametrize("token", ["", ".", "a.b", "nonsense", "\x00.x", "é.x", "a" * 5000 + ".b"])
def test_garbage_is_refused_and_revoking_it_does_no_harm(access: Access, token: str) -> None:
    with pytest.raises(BadToken):
        access.sessions.refresh(token)
    access.sessions.revoke(token)


def test_refresh_tokens_are_not_kept_in_the_clear(access: Access, ann: User) -> None:
    tokens = log_in(access)
    key, _, secret = tokens.refresh.partition(".")

    assert secret not in repr(access.families.stored[key])


# --- the own password ----------------------------------------------------------------------------


def change_password(access: Access, user: User, current: str, new: str) -> None:
    access.sessions.change_password(
        ChangePassword(user_id=user.id, current_password=current, new_password=new, address=HOME)
    )


def test_one_changes_ones_own_password(access: Access, ann: User) -> None:
    change_password(access, ann, PASSWORD, "another good password")

    with pytest.raises(BadLogin):
        log_in(access)
    assert log_in(access, password="another good password").access


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        ("wrong password", "another good password", "/current_password"),
        (PASSWORD, "short", "/new_password"),
        (PASSWORD, "my name is Ann, really", "/new_password"),
    ],
)
def test_a_bad_change_of_password_is_refused_and_changes_nothing(
    access: Access, ann: User, current: str, new: str, pointer: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        change_password(access, ann, current, new)
    assert refusal.value.pointer == pointer
    assert log_in(access).access


def test_a_stolen_session_does_not_help_to_guess_the_password(access: Access, ann: User) -> None:
    for _ in range(5):
        with pytest.raises(Invalid):
            change_password(access, ann, "a guess", "another good password")

    with pytest.raises(LoginThrottled):
        change_password(access, ann, PASSWORD, "another good password")


def test_what_has_expired_is_swept_away_and_nothing_else(access: Access, ann: User) -> None:
    log_in(access)
    fail(access, 2, username="bob")
    access.clock.advance(days=7, seconds=1)
    fresh = log_in(access)
    fail(access, 1)

    assert access.sessions.purge() == 3
    assert access.sessions.refresh(fresh.refresh).access
    assert len(access.attempts.stored) == 1


def test_a_session_lasts_only_as_long_as_the_user_may_enter(access: Access, ann: User) -> None:
    account = access.sessions.account(ann.id)
    assert account is not None
    assert account.actor("r").permissions == {"brand.view"}
    access.users.delete(ann.id, by=SYSTEM)

    assert access.sessions.account(ann.id) is None
    assert access.sessions.account(ann.id + 1000) is None
