"""What every list and record of the API promises, shown on brands."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.routes import ROUTES

BRANDS = "/api/v1/brands/"


def made(api: APIClient, name: str = "Acme", **values: Any) -> dict[str, Any]:
    answer = api.post(BRANDS, {"name": name, **values})
    assert answer.status_code == 201, answer.content
    return answer.json()


def only_error(answer: Any) -> tuple[str, str]:
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"]


def test_create_answers_201_with_the_record_and_where_it_is(api: APIClient) -> None:
    answer = api.post(BRANDS, {"name": "  Acme\u0301 ", "description": "Traps\nand more"})

    assert answer.status_code == 201
    brand = answer.json()
    assert brand["name"] == "Acm\u00e9"
    assert brand["description"] == "Traps\nand more"
    assert brand["version"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", brand["created_at"])
    assert answer["Location"].endswith(f"{BRANDS}{brand['id']}/")
    assert api.get(answer["Location"]).json() == brand


def test_put_replaces_and_what_it_leaves_out_takes_its_default(api: APIClient) -> None:
    brand = made(api, description="Traps")

    answer = api.put(f"{BRANDS}{brand['id']}/", {"name": "Bolt"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["description"]) == ("Bolt", "")
    assert answer.json()["version"] == 2


def test_patch_changes_only_what_it_names(api: APIClient) -> None:
    brand = made(api, description="Traps")

    answer = api.patch(f"{BRANDS}{brand['id']}/", {"name": "Bolt"})

    assert (answer.json()["name"], answer.json()["description"]) == ("Bolt", "Traps")


def test_put_without_what_is_required_is_400(api: APIClient) -> None:
    brand = made(api)

    answer = api.put(f"{BRANDS}{brand['id']}/", {"description": "x"})

    assert answer.status_code == 400
    assert only_error(answer) == ("/name", "required")


def test_delete_hides_it_and_restore_brings_it_back(api: APIClient) -> None:
    brand = made(api)
    path = f"{BRANDS}{brand['id']}/"

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.get(BRANDS).json()["count"] == 0
    (deleted,) = api.get(f"{BRANDS}?deleted=true").json()["results"]
    assert deleted["id"] == brand["id"]
    assert deleted["deleted_at"].endswith("Z")

    answer = api.post(f"{path}restore/")
    assert answer.status_code == 200
    assert answer.json()["name"] == "Acme"
    assert api.get(path).status_code == 200
    assert api.post(f"{path}restore/").status_code == 404


def test_restore_is_409_when_the_name_is_taken_by_now(api: APIClient) -> None:
    brand = made(api)
    api.delete(f"{BRANDS}{brand['id']}/")
    made(api, "ACME")

    answer = api.post(f"{BRANDS}{brand['id']}/restore/")

    assert answer.status_code == 409
    assert only_error(answer) == ("/name", "duplicate")


def test_a_deleted_name_can_be_used_again(api: APIClient) -> None:
    first = made(api)
    api.delete(f"{BRANDS}{first['id']}/")

    assert made(api)["id"] != first["id"]


@pytest.mark.parametrize("name", ["acme", "ACME", " Acme ", "Ａcme"])
def test_a_name_is_unique_whatever_its_case(api: APIClient, name: str) -> None:
    made(api)

    answer = api.post(BRANDS, {"name": name})

    assert answer.status_code == 409
    assert only_error(answer) == ("/name", "duplicate")


def test_bulk_delete_puts_each_id_in_one_list(api: APIClient) -> None:
    ids = [made(api, name)["id"] for name in ("a", "b", "c")]
    api.delete(f"{BRANDS}{ids[2]}/")

    answer = api.post(f"{BRANDS}bulk-delete/", {"ids": [ids[1], ids[0], ids[0], ids[2], 10**12]})

    assert answer.status_code == 200
    assert answer.json() == {
        "deleted_ids": ids[:2],
        "missing_ids": [ids[2], 10**12],
        "in_use_ids": [],
    }


@pytest.mark.parametrize(
    ("ids", "pointer", "code"),
    [
        ([True], "/ids/0", "invalid"),
        (["1"], "/ids/0", "invalid"),
        ([1.0], "/ids/0", "invalid"),
        ([0], "/ids/0", "min_value"),
        ([1, -1], "/ids/1", "min_value"),
        ([2**63], "/ids/0", "max_value"),
        ([None], "/ids/0", "null"),
        ([[1]], "/ids/0", "invalid"),
        ([], "/ids", "min_length"),
        (list(range(1, 502)), "/ids", "max_length"),
        ([1] * 501, "/ids", "max_length"),
        (list(range(1, 40_001)), "/ids", "max_length"),
        ("1", "/ids", "not_a_list"),
        ({"0": 1}, "/ids", "not_a_list"),
        (1, "/ids", "not_a_list"),
        (None, "/ids", "null"),
    ],
)
def test_bulk_delete_takes_a_list_of_up_to_500_integers(
    api: APIClient, ids: Any, pointer: str, code: str
) -> None:
    kept = made(api)

    answer = api.post(f"{BRANDS}bulk-delete/", {"ids": ids})

    assert answer.status_code == 400
    assert only_error(answer) == (pointer, code)
    assert api.get(f"{BRANDS}{kept['id']}/").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "required"),
        ({"name": None}, "/name", "null"),
        ({"name": 7}, "/name", "invalid"),
        ({"name": True}, "/name", "invalid"),
        ({"name": ["x"]}, "/name", "invalid"),
        ({"name": {"x": 1}}, "/name", "invalid"),
        ({"name": ""}, "/name", "blank"),
        ({"name": " \t"}, "/name", "blank"),
        ({"name": "x" * 121}, "/name", "max_length"),
        ({"name": "a\x00b"}, "/name", "unprintable"),
        ({"name": "a\nb"}, "/name", "unprintable"),
        ({"name": "a\u202eb"}, "/name", "unprintable"),
        ({"name": "x", "description": "a\x00"}, "/description", "unprintable"),
        ({"name": "x", "description": "x" * 10_001}, "/description", "max_length"),
        ({"name": "x", "description": None}, "/description", "null"),
        ({"name": "x", "colour": "red"}, "/colour", "unknown_field"),
        ({"name": "x", "__class__": "x"}, "/__class__", "unknown_field"),
        ({"name": "x", "a/b~c": 1}, "/a~1b~0c", "unknown_field"),
        ({"name": "x", "csrfmiddlewaretoken": "x"}, "/csrfmiddlewaretoken", "unknown_field"),
        ({"name": "x", "id": 5}, "/id", "read_only"),
        ({"name": "x", "created_at": "2020-01-01T00:00:00Z"}, "/created_at", "read_only"),
        ({"name": "x", "version": "1"}, "/version", "invalid"),
    ],
)
def test_a_body_that_is_not_exactly_right_is_400(
    api: APIClient, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = api.post(BRANDS, body)

    assert answer.status_code == 400
    assert only_error(answer) == (pointer, code)
    assert api.get(BRANDS).json()["count"] == 0


def test_several_errors_are_all_told(api: APIClient) -> None:
    answer = api.post(BRANDS, {"id": 1, "colour": 2, "description": 3})

    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/name", "/id", "/colour", "/description"}


def test_a_name_may_be_120_characters_of_any_script(api: APIClient) -> None:
    assert made(api, "日" * 120)["name"] == "日" * 120


@pytest.mark.parametrize(
    "id", ["0", "-1", "1.5", "01", "abc", "1e3", "٣", "%00", str(2**63), "9" * 400]
)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_an_id_in_the_path_that_cannot_be_one_is_404(api: APIClient, id: str, method: str) -> None:
    answer = getattr(api, method)(f"{BRANDS}{id}/", {} if method == "get" else {"name": "x"})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_id_nobody_has_is_404(api: APIClient) -> None:
    path = f"{BRANDS}{2**63 - 1}/"

    assert api.get(path).status_code == 404
    assert api.put(path, {"name": "x"}).status_code == 404
    assert api.patch(path, {"name": "x"}).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.post(f"{path}restore/").status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_stale_version_is_412_in_the_body_and_in_if_match(api: APIClient, method: str) -> None:
    brand = made(api)
    path = f"{BRANDS}{brand['id']}/"
    api.patch(path, {"name": "Bolt"})
    body = {} if method == "delete" else {"name": "Nut"}

    stale = getattr(api, method)(path, {**body, "version": 1})
    assert stale.status_code == 412
    assert stale.json()["code"] == "stale_version"
    assert getattr(api, method)(path, body, HTTP_IF_MATCH='"1"').status_code == 412
    assert api.get(path).json()["name"] == "Bolt"

    fresh = getattr(api, method)(path, {**body, "version": 2}, HTTP_IF_MATCH='"2"')
    assert fresh.status_code in {200, 204}


def test_without_a_version_the_write_goes_through(api: APIClient) -> None:
    brand = made(api)
    path = f"{BRANDS}{brand['id']}/"
    api.patch(path, {"name": "Bolt"})

    assert api.patch(path, {"name": "Nut"}).status_code == 200
    assert api.patch(path, {"name": "Screw"}, HTTP_IF_MATCH="*").status_code == 200


@pytest.mark.parametrize("header", ["1", '"x"', '"1", "2"', '"0"', '""', '"1'])
def test_an_if_match_that_is_no_version_is_400(api: APIClient, header: str) -> None:
    brand = made(api)

    answer = api.patch(f"{BRANDS}{brand['id']}/", {"name": "Nut"}, HTTP_IF_MATCH=header)

    assert answer.status_code == 400
    assert answer.json()["code"] == "if_match"


def test_if_match_and_version_may_not_contradict_each_other(api: APIClient) -> None:
    brand = made(api)

    answer = api.patch(
        f"{BRANDS}{brand['id']}/", {"name": "Nut", "version": 1}, HTTP_IF_MATCH='"2"'
    )

    assert answer.status_code == 400


def test_search_is_a_plain_substring_in_any_case(api: APIClient) -> None:
    for name in ("Chef Anton", "50% more", "under_score", "Straße"):
        made(api, name)

    def found(text: str) -> list[str]:
        results = api.get(BRANDS, {"search": text}).json()["results"]
        return [each["name"] for each in results]

    assert found("chef anton") == ["Chef Anton"]
    assert found("%") == ["50% more"]
    assert found("_") == ["under_score"]
    assert found("STRASSE") == ["Straße"]
    assert found("nothing") == []


def test_ordering_takes_several_keys_each_way(api: APIClient) -> None:
    for name in ("b", "a", "c"):
        made(api, name)

    def names(ordering: str) -> list[str]:
        results = api.get(BRANDS, {"ordering": ordering}).json()["results"]
        return [each["name"] for each in results]

    assert names("name") == ["a", "b", "c"]
    assert names("-name") == ["c", "b", "a"]
    assert names("-created_at,name") == ["c", "a", "b"]


@pytest.mark.parametrize(
    "query",
    [
        {"ordering": "__class__"},
        {"ordering": "products"},
        {"ordering": "id; drop table sms_brand"},
        {"ordering": "--name"},
        {"ordering": "name,"},
        {"deleted": "maybe"},
        {"deleted": "1"},
        {"search": "a\x00"},
        {"search": "x" * 121},
        {"colour": "red"},
        {"name__startswith": "x"},
        {"limit": "5"},
        {"offset": "5"},
        {"idempotency_key": "x"},
    ],
)
def test_a_query_parameter_that_is_not_exactly_right_is_400(
    api: APIClient, query: dict[str, str]
) -> None:
    answer = api.get(BRANDS, query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(query))}"


def test_a_query_parameter_may_come_once(api: APIClient) -> None:
    assert api.get(f"{BRANDS}?search=a&search=b").status_code == 400


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_record_takes_no_query_parameters(api: APIClient, method: str) -> None:
    brand = made(api)
    body = {} if method in {"get", "delete"} else {"name": "x"}
    path = f"{BRANDS}{brand['id']}/?colour=red"

    answer = api.get(path) if method == "get" else getattr(api, method)(path, body)

    assert answer.status_code == 400
    assert only_error(answer) == ("/colour", "unknown_parameter")


def test_format_is_always_allowed(api: APIClient) -> None:
    brand = made(api)

    assert api.get(f"{BRANDS}?format=json").status_code == 200
    assert api.get(f"{BRANDS}{brand['id']}/?format=json").json() == brand


def test_restore_takes_no_input(api: APIClient) -> None:
    brand = made(api)
    api.delete(f"{BRANDS}{brand['id']}/")

    answer = api.post(f"{BRANDS}{brand['id']}/restore/", {"name": "x"})

    assert answer.status_code == 400
    assert only_error(answer) == ("/name", "unknown_field")


def test_delete_takes_nothing_but_the_version(api: APIClient) -> None:
    brand = made(api)

    assert api.delete(f"{BRANDS}{brand['id']}/", {"force": True}).status_code == 400
    assert api.get(f"{BRANDS}{brand['id']}/").status_code == 200


def test_who_may_not_see_a_thing_gets_404_for_it(api: APIClient, api_as: ApiAs) -> None:
    brand = made(api)
    blind = api_as(permissions=["brand.change", "brand.delete", "brand.add"])
    path = f"{BRANDS}{brand['id']}/"

    assert blind.get(path).status_code == 404
    assert blind.patch(path, {"name": "x"}).status_code == 404
    assert blind.delete(path).status_code == 404
    assert blind.get(BRANDS).status_code == 403
    assert blind.post(BRANDS, {"name": "x"}).status_code == 201


def test_who_may_only_look_is_refused_before_his_input_is_read(
    api: APIClient, api_as: ApiAs
) -> None:
    brand = made(api)
    viewer = api_as(permissions=["brand.view"])

    for answer in (
        viewer.post(BRANDS, {"nonsense": 1}),
        viewer.put(f"{BRANDS}{brand['id']}/", {}),
        viewer.delete(f"{BRANDS}{brand['id']}/"),
        viewer.post(f"{BRANDS}bulk-delete/", {"ids": [brand["id"]]}),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == "forbidden"
    assert viewer.get(f"{BRANDS}{brand['id']}/").status_code == 200


def test_form_input_may_be_text(api: APIClient) -> None:
    brand = made(api)

    answer = api.put(
        f"{BRANDS}{brand['id']}/", {"name": "Bolt", "version": "1"}, format="multipart"
    )
    assert answer.status_code == 200
    ids = api.post(f"{BRANDS}bulk-delete/", {"ids": f"{brand['id']}, 99"}, format="multipart")
    assert ids.json() == {"deleted_ids": [brand["id"]], "missing_ids": [99], "in_use_ids": []}


def test_options_describes_every_path(api: APIClient) -> None:
    for route in ROUTES:
        answer = api.options(route.path())
        assert answer.status_code in {200, 403}, (str(route), answer.content)
    for path, method in ((BRANDS, "POST"), (f"{BRANDS}1/", "PUT"), ("/api/v1/company/", "PUT")):
        assert api.options(path).json()["actions"][method]["name"]["max_length"] == 120
