"""Users, roles and the log-in of the back office."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.container import container
from sms_core.access.commands import CreateRole, CreateUser
from sms_core.access.entities import User, system_actor
from sms_core.access.permissions import ALL_CODES
from sms_core.access.services import RoleService, UserService
from sms_django import models
from tests.adapters.admin.conftest import LogIn

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:sms_{page}", args=args)


def role_id(name: str) -> int:
    return models.Role.objects.get(name=name).pk


def make_user(username: str, *roles: str, **attributes: Any) -> User:
    command = CreateUser(
        username=username,
        password=PASSWORD,
        role_ids=tuple(role_id(name) for name in roles),
        **attributes,
    )
    return container().get(UserService).create(command, by=system_actor())


def make_role(name: str, *permissions: str) -> int:
    command = CreateRole(name=name, permissions=permissions)
    return container().get(RoleService).create(command, by=system_actor()).id


def typed(user: models.User, **changes: Any) -> dict[str, Any]:
    """What the form of this user sends when only `changes` were typed into it."""
    limit = user.warehouse_ids
    return {
        "version": user.version,
        "username": user.username,
        "password": "",
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "phone": user.phone,
        "roles": [role.pk for role in user.roles.all()],
        "warehouses": limit or [],
        **({"is_active": "on"} if user.is_active else {}),
        **({"is_limited": "on"} if limit is not None else {}),
        **changes,
    }


def send(client: Client, user: User, **changes: Any) -> Any:
    row = models.User.objects.get(pk=user.id)
    data = typed(row, **changes)
    return client.post(
        url("user_change", row.pk), {name: v for name, v in data.items() if v is not None}
    )


# --- users ---------------------------------------------------------------------------------------


def test_a_user_is_added_and_can_log_in(owner: Client) -> None:
    data = {"username": "ann", "password": PASSWORD, "is_active": "on", "roles": [role_id("clerk")]}

    assert owner.post(url("user_add"), data).status_code == 302

    ann = models.User.objects.get(username="ann")
    assert ann.warehouse_ids is None
    assert [role.name for role in ann.roles.all()] == ["clerk"]
    assert Client().login(username="ann", password=PASSWORD)


def test_no_page_shows_a_password_or_its_hash(owner: Client, log_in: LogIn) -> None:
    ann = make_user("ann", "clerk")
    hash = models.User.objects.get(pk=ann.id).password

    for client in (owner, log_in("auditor")):
        for page in (url("user_changelist"), url("user_change", ann.id)):
            answer = client.get(page)
            assert answer.status_code == 200
            assert hash not in answer.content.decode()
            assert hash[:20] not in answer.content.decode()


@pytest.mark.parametrize("password", ["short", "password1234", ""])
def test_a_weak_password_is_refused_and_the_rest_stays_typed(owner: Client, password: str) -> None:
    data = {"username": "ann", "first_name": "Anna", "password": password, "is_active": "on"}

    answer = owner.post(url("user_add"), data)

    assert answer.status_code == 200
    assert "password" in answer.context["adminform"].form.errors
    assert 'value="Anna"' in answer.content.decode()
    assert not models.User.objects.filter(username="ann").exists()


def test_a_change_without_a_password_keeps_it_and_one_with_it_sets_it(owner: Client) -> None:
    ann = make_user("ann", "clerk")

    assert send(owner, ann, first_name="Anna").status_code == 302
    assert Client().login(username="ann", password=PASSWORD)

    assert send(owner, ann, password="another good password").status_code == 302
    assert Client().login(username="ann", password="another good password")
    assert models.User.objects.get(pk=ann.id).first_name == "Anna"


def test_no_limit_and_no_warehouse_are_different_things(owner: Client) -> None:
    ann = make_user("ann", "clerk")

    def limit() -> list[int] | None:
        return models.User.objects.get(pk=ann.id).warehouse_ids

    send(owner, ann, first_name="Anna")
    assert limit() is None
    send(owner, ann, is_limited="on")
    assert limit() == []
    send(owner, ann, is_limited=None)
    assert limit() is None


def test_a_user_is_limited_to_the_warehouses_that_are_ticked(owner: Client) -> None:
    ann = make_user("ann", "clerk")
    a, b = (models.Warehouse.objects.create(code=c, code_key=c, name=c).pk for c in "ab")

    send(owner, ann, is_limited="on", warehouses=[b])

    assert models.User.objects.get(pk=ann.id).warehouse_ids == [b]
    form = owner.get(url("user_change", ann.id)).context["adminform"].form
    assert [row.pk for row in form.fields["warehouses"].queryset] == [a, b]
    assert form["warehouses"].value() == [b]


def test_the_last_owner_stays_one_and_the_page_says_why(owner: Client) -> None:
    row = models.User.objects.get()
    user = container().get(UserService).get(row.pk, by=system_actor())

    for change in ({"is_active": None}, {"roles": []}, {"is_limited": "on"}):
        answer = send(owner, user, **change)
        assert answer.status_code == 200
        assert "last active owner" in answer.content.decode()
    owner.post(url("user_delete", row.pk), {"post": "yes"})
    row.refresh_from_db()
    assert (row.is_active, row.deleted_at) == (True, None)


def test_nobody_gives_a_role_that_may_more_than_he(owner: Client) -> None:
    make_role("user keeper", "user.view", "user.add", "user.change")
    make_user("petra", "user keeper")
    ann = make_user("ann")
    petra = Client()
    petra.login(username="petra", password=PASSWORD)

    answer = send(petra, ann, roles=[role_id("owner")])

    assert answer.status_code == 200
    assert "beyond your own rights" in answer.content.decode()
    assert not models.User.objects.get(pk=ann.id).roles.exists()


@pytest.mark.parametrize("role", ["manager", "clerk"])
def test_who_has_nothing_to_do_with_users_does_not_see_their_pages(
    log_in: LogIn, role: str
) -> None:
    client = log_in(role)

    for page in ("user_changelist", "role_changelist", "user_add", "role_add"):
        assert client.get(url(page)).status_code == 403


def test_the_auditor_looks_and_changes_nothing(log_in: LogIn) -> None:
    ann = make_user("ann", "clerk")
    auditor = log_in("auditor")

    assert auditor.get(url("user_change", ann.id)).status_code == 200
    assert "Clerk" in auditor.get(url("user_change", ann.id)).content.decode()
    assert send(auditor, ann, first_name="Anna").status_code == 403
    assert auditor.post(url("user_delete", ann.id), {"post": "yes"}).status_code == 403


def test_the_list_of_users_costs_the_same_however_long_it_is(
    owner: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(8):
        make_user(f"user {n}", "clerk", "auditor")

    with django_assert_max_num_queries(9):
        owner.get(url("user_changelist"))


# --- roles ---------------------------------------------------------------------------------------


def test_a_role_is_made_of_ticked_permissions(owner: Client) -> None:
    page = owner.get(url("role_add")).content.decode()
    assert page.count('name="permissions"') == len(ALL_CODES)
    assert "Purchase order" in page

    data = {"name": "buyer", "permissions": ["brand.view", "purchase_order.place"]}
    assert owner.post(url("role_add"), data).status_code == 302

    role = models.Role.objects.get(name="buyer")
    assert role.permissions == ["brand.view", "purchase_order.place"]
    form = owner.get(url("role_change", role.pk)).context["adminform"].form
    assert form["permissions"].value() == role.permissions


def test_a_change_of_the_name_leaves_the_permissions(owner: Client) -> None:
    role = models.Role.objects.get(name="clerk")
    data = {
        "version": role.version,
        "name": "picker",
        "label": role.label,
        "description": role.description,
        "permissions": role.permissions,
    }

    assert owner.post(url("role_change", role.pk), data).status_code == 302

    renamed = models.Role.objects.get(pk=role.pk)
    assert (renamed.name, renamed.permissions) == ("picker", role.permissions)


def test_the_owner_role_keeps_its_permissions_and_its_place(owner: Client) -> None:
    role = models.Role.objects.get(name="owner")
    data = {"version": role.version, "name": "owner", "permissions": ["brand.view"]}

    answer = owner.post(url("role_change", role.pk), data)
    owner.post(url("role_delete", role.pk), {"post": "yes"})

    assert "always holds every permission" in answer.content.decode()
    role.refresh_from_db()
    assert set(role.permissions) == ALL_CODES
    assert role.deleted_at is None


def test_a_role_in_use_says_by_whom(owner: Client) -> None:
    make_user("ann", "clerk")

    answer = owner.post(url("role_delete", role_id("clerk")), {"post": "yes"}, follow=True)

    assert "in use by 1 user" in answer.content.decode()


# --- the door ------------------------------------------------------------------------------------


def knock(client: Client, password: str, username: str = "ann") -> Any:
    return client.post(reverse("admin:login"), {"username": username, "password": password})


def test_whoever_has_a_role_may_enter_and_others_may_not() -> None:
    make_user("ann", "auditor")
    make_user("bob")
    ann, bob = Client(), Client()

    assert knock(ann, PASSWORD).status_code == 302
    assert ann.get(url("brand_changelist")).status_code == 200
    assert knock(bob, PASSWORD, "bob").status_code == 200
    assert bob.get(url("brand_changelist")).status_code == 302


def test_after_five_failures_the_door_stays_shut_for_a_while() -> None:
    make_user("ann", "auditor")
    for _ in range(5):
        assert knock(Client(), "wrong password").status_code == 200

    answer = knock(Client(), PASSWORD)

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many failed log-ins" in answer.content.decode()


def test_failures_at_one_door_count_at_the_other() -> None:
    make_user("ann", "auditor")
    for _ in range(5):
        knock(Client(), "wrong password")

    answer = Client().post(
        "/api/v1/auth/token/", {"username": "ann", "password": PASSWORD}, "application/json"
    )

    assert answer.status_code == 429


def own_password(client: Client, old: str, new: str, again: str | None = None) -> Any:
    data = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(reverse("admin:password_change"), data)


def test_one_changes_ones_own_password_and_stays_in_here_alone() -> None:
    make_user("ann", "auditor")
    here, elsewhere = Client(), Client()
    knock(here, PASSWORD)
    knock(elsewhere, PASSWORD)
    assert here.get(reverse("admin:password_change")).status_code == 200

    assert own_password(here, PASSWORD, "another good password").status_code == 302

    assert here.get(url("brand_changelist")).status_code == 200
    assert elsewhere.get(url("brand_changelist")).status_code == 302
    assert Client().login(username="ann", password="another good password")


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("wrong password", "another good password", None, "old_password"),
        (PASSWORD, "short", None, "new_password2"),
        (PASSWORD, "another good password", "and another one", "new_password2"),
    ],
)
def test_a_bad_new_password_is_refused_beside_its_field(
    old: str, new: str, again: str | None, field: str
) -> None:
    make_user("ann", "auditor")
    browser = Client()
    knock(browser, PASSWORD)

    answer = own_password(browser, old, new, again)

    assert field in answer.context["form"].errors
    assert Client().login(username="ann", password=PASSWORD)


def test_guessing_the_old_password_is_counted_here_too() -> None:
    make_user("ann", "auditor")
    browser = Client()
    knock(browser, PASSWORD)
    for _ in range(5):
        own_password(browser, "a guess", "another good password")

    answer = own_password(browser, PASSWORD, "another good password")

    assert "Too many failed log-ins" in answer.content.decode()


def test_a_session_ends_when_the_user_gets_other_roles(owner: Client) -> None:
    ann = make_user("ann", "auditor")
    browser = Client()
    knock(browser, PASSWORD)
    assert browser.get(url("brand_changelist")).status_code == 200

    send(owner, ann, roles=[role_id("clerk")])

    assert browser.get(url("brand_changelist")).status_code == 302
