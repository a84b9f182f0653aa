"""Users, roles, permissions over HTTP: what each role may do, and how the rest is refused."""

from typing import Any

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django.fixtures import DjangoAssertNumQueries

from config.container import container
from sms_core.access.commands import CreateRole, CreateUser
from sms_core.access.entities import User, system_actor
from sms_core.access.permissions import ALL_CODES
from sms_core.access.services import RoleService, UserService
from sms_django import models

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
USERS, ROLES = "/api/v1/users/", "/api/v1/roles/"
JSON = "application/json"


def make_user(username: str, *permissions: str, **attributes: Any) -> User:
    """A user with a role of exactly these permissions."""
    role = (
        container()
        .get(RoleService)
        .create(CreateRole(name=f"role of {username}", permissions=permissions), by=system_actor())
    )
    command = CreateUser(username=username, password=PASSWORD, role_ids=(role.id,), **attributes)
    return container().get(UserService).create(command, by=system_actor())


def log_in(username: str) -> Client:
    """A program that carries this user's access token."""
    answer = Client().post(
        "/api/v1/auth/token/", {"username": username, "password": PASSWORD}, JSON
    )
    assert answer.status_code == 200, answer.content
    return Client(headers={"Authorization": f"Bearer {answer.json()['access']}"})


@pytest.fixture
def owner() -> Client:
    container().get(UserService).make_owner(username="olga", password=PASSWORD)
    return log_in("olga")


def role_id(name: str) -> int:
    return models.Role.objects.get(name=name).pk


def create(owner: Client, **values: Any) -> Any:
    answer = owner.post(USERS, {"username": "ann", "password": PASSWORD, **values}, JSON)
    assert answer.status_code == 201, answer.content
    return answer.json()


# --- users ---------------------------------------------------------------------------------------


def test_a_user_is_created_and_shown_without_any_password(owner: Client) -> None:
    answer = owner.post(
        USERS,
        {
            "username": " Ann ",
            "password": PASSWORD,
            "first_name": "Ann",
            "role_ids": [role_id("clerk")],
            "warehouse_ids": [],
        },
        JSON,
    )

    body = answer.json()
    assert answer.status_code == 201
    assert answer["Location"].endswith(f"{USERS}{body['id']}/")
    assert body == {
        "id": body["id"],
        "username": "Ann",
        "first_name": "Ann",
        "last_name": "",
        "email": "",
        "phone": "",
        "is_active": True,
        "role_ids": [role_id("clerk")],
        "warehouse_ids": [],
        "last_login": None,
        "version": 1,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
        "deleted_at": None,
    }
    assert owner.get(f"{USERS}{body['id']}/").json() == body


def test_no_answer_shows_a_password_or_its_hash(owner: Client) -> None:
    ann = create(owner)
    hashes = models.User.objects.values_list("password", flat=True)

    for path in (USERS, f"{USERS}{ann['id']}/", "/api/v1/auth/me/"):
        text = owner.get(path).content.decode()
        assert "password" not in text
        assert not any(hash in text for hash in hashes)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"username": "bob"}, "/password", "required"),
        ({"password": PASSWORD}, "/username", "required"),
        ({"username": "bob", "password": "short"}, "/password", "min_length"),
        ({"username": "bob", "password": "password1234"}, "/password", "weak_password"),
        ({"username": "anneliese", "password": "anneliese-ek"}, "/password", "weak_password"),
        ({"username": "bob", "password": 123456789012345}, "/password", "invalid"),
        ({"username": "bob", "password": "x" * 1025}, "/password", "max_length"),
        ({"username": "a\x00b", "password": PASSWORD}, "/username", "unprintable"),
        ({"username": "bob", "password": PASSWORD, "email": "no"}, "/email", "invalid"),
        ({"username": "bob", "password": PASSWORD, "role_ids": [10**9]}, "/role_ids/0", "unknown"),
        ({"username": "bob", "password": PASSWORD, "role_ids": [True]}, "/role_ids/0", "invalid"),
        (
            {"username": "bob", "password": PASSWORD, "warehouse_ids": [10**9]},
            "/warehouse_ids/0",
            "unknown",
        ),
        ({"username": "bob", "password": PASSWORD, "is_staff": True}, "/is_staff", "unknown_field"),
        ({"username": "bob", "password": PASSWORD, "last_login": None}, "/last_login", "read_only"),
        ({"username": "bob", "password": PASSWORD, "is_active": "yes"}, "/is_active", "invalid"),
    ],
)
def test_a_bad_user_is_refused_and_the_answer_says_where(
    owner: Client, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = owner.post(USERS, body, JSON)

    assert answer.status_code == 400
    assert (pointer, code) in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}
    assert models.User.objects.count() == 1


def test_a_taken_username_is_refused_even_when_its_user_is_deleted(owner: Client) -> None:
    ann = create(owner)
    assert owner.delete(f"{USERS}{ann['id']}/").status_code == 204

    answer = owner.post(USERS, {"username": "ANN", "password": PASSWORD}, JSON)

    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate"
    assert answer.json()["errors"][0]["pointer"] == "/username"


def test_patch_changes_only_what_it_names_and_put_replaces(owner: Client) -> None:
    url = f"{USERS}{create(owner, first_name='Ann', phone='1')['id']}/"

    patched = owner.patch(url, {"phone": "2"}, JSON).json()
    assert (patched["first_name"], patched["phone"]) == ("Ann", "2")

    put = owner.put(url, {"username": "ann"}, JSON).json()
    assert (put["first_name"], put["phone"], put["warehouse_ids"]) == ("", "", None)
    assert log_in("ann").get("/api/v1/auth/me/").status_code == 200  # its password stayed


def test_a_form_with_blanks_keeps_the_password_and_lifts_no_limit(owner: Client) -> None:
    url = f"{USERS}{create(owner, warehouse_ids=[])['id']}/"
    form = {"username": "ann", "password": "", "warehouse_ids": "", "is_active": "true"}

    answer = owner.put(url, encode_multipart(BOUNDARY, form), MULTIPART_CONTENT)

    assert answer.status_code == 200
    assert answer.json()["warehouse_ids"] == []
    assert log_in("ann").get("/api/v1/auth/me/").status_code == 200


def test_a_stale_version_is_refused(owner: Client) -> None:
    url = f"{USERS}{create(owner)['id']}/"
    owner.patch(url, {"phone": "2"}, JSON)

    assert owner.patch(url, {"phone": "3", "version": 1}, JSON).status_code == 412
    assert owner.delete(url, headers={"If-Match": '"1"'}).status_code == 412
    assert owner.get(url).json()["phone"] == "2"


def test_a_deleted_user_is_gone_and_can_be_restored(owner: Client) -> None:
    url = f"{USERS}{create(owner)['id']}/"

    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404
    assert owner.delete(url).status_code == 404
    assert [user["username"] for user in owner.get(f"{USERS}?deleted=true").json()["results"]] == [
        "ann"
    ]
    assert owner.post(f"{url}restore/").status_code == 200
    assert owner.post(f"{url}restore/").status_code == 404
    assert owner.get(url).json()["username"] == "ann"


def test_users_are_filtered_searched_and_ordered(owner: Client) -> None:
    create(owner, last_name="Ek", role_ids=[role_id("clerk")])
    create(owner, username="bob", last_name="Dahl", is_active=False)

    def found(query: str) -> list[str]:
        answer = owner.get(f"{USERS}?{query}")
        assert answer.status_code == 200, answer.content
        return [user["username"] for user in answer.json()["results"]]

    assert found("") == ["ann", "bob", "olga"]
    assert found("search=EK") == ["ann"]
    assert found("search=%25") == []
    assert found("is_active=false") == ["bob"]
    assert found(f"role_id={role_id('clerk')}") == ["ann"]
    assert found("ordering=-username") == ["olga", "bob", "ann"]


@pytest.mark.parametrize("query", ["ordering=password", "is_staff=true", "page=0", "role_id=x"])
def test_a_list_that_cannot_be_is_refused(owner: Client, query: str) -> None:
    assert owner.get(f"{USERS}?{query}").status_code == 400


@pytest.mark.parametrize("id", ["0", "x", "-1", "9223372036854775808", "1" * 40])
def test_an_id_that_cannot_be_is_not_found(owner: Client, id: str) -> None:
    assert owner.get(f"{USERS}{id}/").status_code == 404


def test_the_last_owner_stays_one(owner: Client) -> None:
    url = f"{USERS}{models.User.objects.get(username='olga').pk}/"

    for answer in (
        owner.patch(url, {"is_active": False}, JSON),
        owner.patch(url, {"role_ids": []}, JSON),
        owner.patch(url, {"warehouse_ids": []}, JSON),
        owner.delete(url),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
    assert owner.get(url).json()["is_active"] is True


def test_nobody_gives_what_he_has_not(owner: Client) -> None:
    petra = make_user("petra", *(f"user.{deed}" for deed in ("view", "add", "change", "delete")))
    browser = log_in("petra")
    olga = models.User.objects.get(username="olga").pk

    for answer in (
        browser.post(
            USERS,
            {"username": "bob", "password": PASSWORD, "role_ids": [role_id("clerk")]},
            JSON,
        ),
        browser.patch(f"{USERS}{petra.id}/", {"role_ids": [role_id("owner")]}, JSON),
        browser.patch(f"{USERS}{olga}/", {"password": "another good password"}, JSON),
        browser.patch(f"{USERS}{olga}/", {"email": "petra@example.com"}, JSON),
        browser.delete(f"{USERS}{olga}/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert browser.post(USERS, {"username": "bob", "password": PASSWORD}, JSON).status_code == 201


def test_nobody_gives_a_warehouse_he_has_not() -> None:
    make_user("petra", "user.view", "user.add", warehouse_ids=())

    answer = log_in("petra").post(USERS, {"username": "bob", "password": PASSWORD}, JSON)

    assert answer.status_code == 403


def test_who_is_limited_to_a_warehouse_gives_that_one_only() -> None:
    mine, other = (models.Warehouse.objects.create(code=c, code_key=c, name=c).pk for c in "ab")
    make_user("petra", "user.view", "user.add", warehouse_ids=(mine,))
    petra = log_in("petra")
    body = {"username": "bob", "password": PASSWORD}

    for limit in (None, [other], [mine, other], [other + 1]):  # the last one there is not
        assert petra.post(USERS, {**body, "warehouse_ids": limit}, JSON).status_code == 403
    made = petra.post(USERS, {**body, "warehouse_ids": [mine]}, JSON)
    assert (made.status_code, made.json()["warehouse_ids"]) == (201, [mine])


def test_who_may_see_users_but_not_change_them_is_refused() -> None:
    ann = make_user("ann", "user.view")
    browser = log_in("ann")

    assert browser.get(USERS).status_code == 200
    assert browser.post(USERS, {}, JSON).status_code == 403
    assert browser.patch(f"{USERS}{ann.id}/", {}, JSON).status_code == 403
    assert browser.delete(f"{USERS}{ann.id}/").status_code == 403
    assert browser.post(f"{USERS}{ann.id}/restore/").status_code == 403


@pytest.mark.parametrize("path", [USERS, ROLES, "/api/v1/permissions/"])
def test_the_manager_has_nothing_to_do_with_access(path: str) -> None:
    user = make_user("max")
    models.User.objects.get(pk=user.id).roles.set([role_id("manager")])

    assert log_in("max").get(path).status_code == 403


@pytest.mark.parametrize("path", [USERS, ROLES, "/api/v1/permissions/", "/api/v1/auth/me/"])
def test_strangers_are_asked_to_log_in(path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["status"] == 401


# --- roles and permissions -----------------------------------------------------------------------


def test_the_delivered_roles_are_there(owner: Client) -> None:
    roles = {role["name"]: role for role in owner.get(ROLES).json()["results"]}

    assert set(roles) == {"owner", "manager", "clerk", "auditor"}
    assert roles["owner"]["permissions"] == sorted(ALL_CODES)
    assert roles["clerk"]["label"] == "Clerk"


def test_a_role_is_made_changed_deleted_and_restored(owner: Client) -> None:
    made = owner.post(ROLES, {"name": "buyer", "permissions": ["unit.view", "brand.view"]}, JSON)
    url = f"{ROLES}{made.json()['id']}/"

    assert made.status_code == 201
    assert made.json()["permissions"] == ["brand.view", "unit.view"]
    assert owner.patch(url, {"label": "Buyer"}, JSON).json()["label"] == "Buyer"
    assert owner.put(url, {"name": "buyer"}, JSON).json()["permissions"] == []
    assert owner.delete(url).status_code == 204
    assert owner.get(url).status_code == 404
    assert owner.post(f"{url}restore/").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 400, "required", "/name"),
        ({"name": "x", "permissions": ["stock.steal"]}, 400, "unknown", "/permissions/0"),
        ({"name": "x", "permissions": "brand.view"}, 400, "not_a_list", "/permissions"),
        ({"name": "x", "delivered_as": "owner"}, 400, "unknown_field", "/delivered_as"),
        ({"name": "OWNER"}, 409, "duplicate", "/name"),
    ],
)
def test_a_bad_role_is_refused(
    owner: Client, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answer = owner.post(ROLES, body, JSON)

    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"], error["pointer"]) == (status, code, pointer)


def test_a_role_in_use_and_the_owner_role_stay(owner: Client) -> None:
    create(owner, role_ids=[role_id("clerk")])

    used = owner.delete(f"{ROLES}{role_id('clerk')}/")
    mighty = owner.delete(f"{ROLES}{role_id('owner')}/")
    emptied = owner.patch(f"{ROLES}{role_id('owner')}/", {"permissions": []}, JSON)

    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    assert "1 user" in used.json()["detail"]
    assert (mighty.status_code, mighty.json()["code"]) == (409, "last_owner")
    assert (emptied.status_code, emptied.json()["code"]) == (409, "last_owner")


def test_the_permissions_are_listed_with_words(owner: Client) -> None:
    page = owner.get("/api/v1/permissions/?page_size=200").json()

    assert page["count"] == len(ALL_CODES)
    assert {entry["code"] for entry in page["results"]} == ALL_CODES
    one = owner.get("/api/v1/permissions/stock.receive/").json()
    assert one == {
        "code": "stock.receive",
        "label": "Receive goods",
        "description": "Post goods that came in.",
    }
    assert owner.get("/api/v1/permissions/stock.steal/").status_code == 404
    assert owner.get("/api/v1/permissions/?search=x").status_code == 400
    assert owner.post("/api/v1/permissions/", {}, JSON).status_code == 405


# --- what it costs -------------------------------------------------------------------------------


def test_a_bearer_token_costs_one_statement_and_a_session_two(
    owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Client()
    browser.force_login(models.User.objects.get(username="olga"))
    browser.get("/api/v1/auth/me/")

    with django_assert_num_queries(1):
        owner.get("/api/v1/auth/me/")
    with django_assert_num_queries(2):
        browser.get("/api/v1/auth/me/")


@pytest.mark.parametrize(
    ("path", "statements"), [(USERS, 1 + 3), (ROLES, 1 + 2), ("/api/v1/permissions/", 1)]
)
def test_a_list_costs_the_same_however_long_it_is(
    owner: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    statements: int,
) -> None:
    for n in range(6):
        create(owner, username=f"user {n}", role_ids=[role_id("clerk"), role_id("auditor")])

    with django_assert_num_queries(statements):
        assert owner.get(path).status_code == 200


def test_a_detail_costs_two_statements_at_most(
    owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    clerk = role_id("clerk")
    ann = create(owner, role_ids=[clerk])

    with django_assert_num_queries(1 + 2):
        owner.get(f"{USERS}{ann['id']}/")
    with django_assert_num_queries(1 + 1):
        owner.get(f"{ROLES}{clerk}/")
