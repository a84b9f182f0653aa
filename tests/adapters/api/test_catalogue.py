"""Categories and units over HTTP: what is special about each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import ApiAs

AtMost = Any
CATEGORIES, UNITS, BRANDS = "/api/v1/categories/", "/api/v1/units/", "/api/v1/brands/"


class Limit(Protocol):
    def __call__(self, number: int) -> AbstractContextManager[None]: ...


def made(api: APIClient, path: str, **values: Any) -> dict[str, Any]:
    answer = api.post(path, values)
    assert answer.status_code == 201, answer.content
    return answer.json()


def category(api: APIClient, code: str, parent_id: int | None = None) -> dict[str, Any]:
    return made(api, CATEGORIES, code=code, name=f"{code} name", parent_id=parent_id)


def unit(api: APIClient, code: str = "bag", places: int = 0) -> dict[str, Any]:
    return made(api, UNITS, code=code, name="Bag", places=places)


def refusal(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["pointer"], error["code"]


def test_a_category_has_just_these_fields(api: APIClient) -> None:
    tools = category(api, "T")
    saws = category(api, "S", tools["id"])

    assert list(saws) == [
        "id",
        "code",
        "name",
        "parent_id",
        "version",
        "created_at",
        "updated_at",
        "deleted_at",
    ]
    assert (tools["parent_id"], saws["parent_id"]) == (None, tools["id"])


def test_a_category_cannot_lie_below_itself(api: APIClient) -> None:
    tools = category(api, "T")
    saws = category(api, "S", tools["id"])

    answer = api.patch(f"{CATEGORIES}{tools['id']}/", {"parent_id": saws["id"]})

    assert refusal(answer) == (422, "/parent_id", "cyclic")


@pytest.mark.parametrize("parent_id", [10**9, 2**63 - 1])
def test_a_parent_that_is_not_there_is_unknown(api: APIClient, parent_id: int) -> None:
    answer = api.post(CATEGORIES, {"code": "S", "name": "Saws", "parent_id": parent_id})

    assert refusal(answer) == (400, "/parent_id", "unknown")


@pytest.mark.parametrize("value", ["1", 1.0, True, 0, -1, 2**63])
def test_a_reference_is_a_positive_json_integer(api: APIClient, value: Any) -> None:
    answer = api.post(CATEGORIES, {"code": "S", "name": "Saws", "parent_id": value})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/parent_id")


@pytest.mark.parametrize(
    ("code", "name", "pointer"), [("t", "Other", "/code"), ("X", "T NAME", "/name")]
)
def test_code_and_name_of_a_category_are_unique(
    api: APIClient, code: str, name: str, pointer: str
) -> None:
    category(api, "T")

    answer = api.post(CATEGORIES, {"code": code, "name": name})

    assert refusal(answer) == (409, pointer, "duplicate")


def test_a_deleted_category_can_be_made_again_and_does_not_come_back_then(api: APIClient) -> None:
    first = category(api, "T")
    assert api.delete(f"{CATEGORIES}{first['id']}/").status_code == 204
    category(api, "T")

    answer = api.post(f"{CATEGORIES}{first['id']}/restore/")

    assert refusal(answer)[0::2] == (409, "duplicate")


def test_what_is_missing_is_called_by_its_name(api: APIClient) -> None:
    answer = api.get(f"{CATEGORIES}999999/")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no category 999999."


def test_a_category_in_use_says_by_what(api: APIClient) -> None:
    tools = category(api, "T")
    category(api, "S", tools["id"])

    answer = api.delete(f"{CATEGORIES}{tools['id']}/")

    assert refusal(answer) == (409, "", "in_use")
    assert "1 subcategory" in answer.json()["detail"]


def test_bulk_delete_sorts_each_id_into_one_list(api: APIClient) -> None:
    tools = category(api, "T")["id"]
    saws = category(api, "S", tools)["id"]

    answer = api.post(f"{CATEGORIES}bulk-delete/", {"ids": [10**6, saws, tools, saws]})

    assert answer.status_code == 200
    assert answer.json() == {
        "deleted_ids": [saws],
        "missing_ids": [10**6],
        "in_use_ids": [tools],
    }


@pytest.mark.parametrize(
    "ids", [[True], ["1"], [1.0], [0], [2**63], [], None, "1", list(range(1, 502)), [1] * 40_000]
)
def test_bulk_delete_takes_1_to_500_integers(api: APIClient, ids: Any) -> None:
    tools = category(api, "T")

    assert api.post(f"{CATEGORIES}bulk-delete/", {"ids": ids}).status_code == 400
    assert api.get(f"{CATEGORIES}{tools['id']}/").status_code == 200


@pytest.mark.parametrize("many", [3, 60])
def test_bulk_delete_takes_the_same_statements_however_many(
    api: APIClient, at_most: Limit, many: int
) -> None:
    brands = [models.Brand.objects.create(name=f"B{n}", name_key=f"b{n}").pk for n in range(many)]

    with at_most(8):
        answer = api.post(f"{BRANDS}bulk-delete/", {"ids": brands})
    assert answer.json()["deleted_ids"] == brands


def test_categories_are_filtered_searched_and_sorted(api: APIClient) -> None:
    tools = category(api, "T")
    category(api, "B%", tools["id"])
    category(api, "a", tools["id"])

    def codes(query: str) -> list[str]:
        return [each["code"] for each in api.get(f"{CATEGORIES}?{query}").json()["results"]]

    assert codes("") == ["a", "B%", "T"]
    assert codes(f"parent_id={tools['id']}") == ["a", "B%"]
    assert codes("search=%25") == codes("code=b%25") == ["B%"]
    assert codes("search=_") == []
    assert codes("ordering=-name,code") == ["T", "B%", "a"]


def test_units_are_delivered_and_may_have_up_to_four_places(api: APIClient) -> None:
    delivered = {each["code"]: each["places"] for each in api.get(UNITS).json()["results"]}

    assert delivered == {"g": 0, "kg": 3, "l": 3, "m": 2, "pc": 0}
    assert unit(api, "t", 4)["places"] == 4
    for places in (5, -1, "2", 2.0, True, None):
        answer = api.post(UNITS, {"code": "x", "name": "X", "places": places})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/places")


def test_the_code_of_a_unit_is_unique_whatever_its_case(api: APIClient) -> None:
    answer = api.post(UNITS, {"code": "KG", "name": "Kilo", "places": 3})

    assert refusal(answer) == (409, "/code", "duplicate")


def test_a_category_needs_the_category_permission_not_the_brands(api_as: ApiAs) -> None:
    brands_only = api_as(permissions=["brand.view", "brand.add"])

    assert brands_only.get(CATEGORIES).status_code == 403
    answer = brands_only.post(CATEGORIES, {"code": "S", "name": "Saws"})
    assert answer.status_code == 403
    assert "category.add" in answer.json()["detail"]


@pytest.mark.parametrize("path", [CATEGORIES, UNITS])
def test_statements_of_lists_and_records_are_few(api: APIClient, at_most: Limit, path: str) -> None:
    for n in range(30):
        if path == CATEGORIES:
            category(api, f"C{n}")
        else:
            unit(api, f"U{n}")

    with at_most(2 + 2):
        page = api.get(path).json()
    assert len(page["results"]) == 25
    with at_most(1 + 2):
        api.get(f"{path}{page['results'][0]['id']}/")
