"""Pages and stretches: nothing twice, nothing lost, nonsense refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from sms_core.shared.paging import CursorPage
from sms_django.api.pagination import KeysetPagination

BRANDS = "/api/v1/brands/"
BAD_NUMBERS = ["0", "-1", "1.0", "1e3", "", " 1", "+1", "x", "true", "٣", "9" * 30, str(2**63)]


@pytest.fixture
def seven(api: APIClient) -> APIClient:
    for number in range(7):
        assert api.post(BRANDS, {"name": f"brand {number}"}).status_code == 201
    return api


def names(answer: Any) -> list[str]:
    return [each["name"] for each in answer.json()["results"]]


def test_pages_add_up_to_everything(seven: APIClient) -> None:
    answer = seven.get(BRANDS, {"page_size": 3, "ordering": "name"})
    assert answer.json()["count"] == 7
    assert answer.json()["previous"] is None

    found = names(answer)
    while link := answer.json()["next"]:
        answer = seven.get(link)
        found += names(answer)

    assert found == [f"brand {number}" for number in range(7)]
    assert "page=2" in answer.json()["previous"]


def test_25_are_on_a_page_unless_asked_otherwise(api: APIClient) -> None:
    for number in range(26):
        api.post(BRANDS, {"name": f"brand {number}"})

    assert len(names(api.get(BRANDS))) == 25
    assert len(names(api.get(BRANDS, {"page_size": 200}))) == 26


@pytest.mark.parametrize("text", BAD_NUMBERS)
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_a_page_that_is_no_number_in_range_is_400(api: APIClient, name: str, text: str) -> None:
    answer = api.get(BRANDS, {name: text})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"


def test_a_page_size_over_200_is_400(api: APIClient) -> None:
    assert api.get(BRANDS, {"page_size": "200"}).status_code == 200
    assert api.get(BRANDS, {"page_size": "201"}).status_code == 400


@pytest.mark.parametrize("page", [4, 10**9, 2**62, 2**63 - 1])
def test_a_page_past_the_end_is_404(seven: APIClient, page: int) -> None:
    assert seven.get(BRANDS, {"page_size": 3, "page": 3}).status_code == 200

    answer = seven.get(BRANDS, {"page_size": 3, "page": page})

    assert answer.status_code == 404


def test_the_first_page_of_nothing_is_empty(api: APIClient) -> None:
    answer = api.get(BRANDS)

    assert answer.json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert api.get(BRANDS, {"page": 2}).status_code == 404


def asked(query: dict[str, str]) -> Any:
    request = Request(APIRequestFactory().get("/api/v1/stock/entries/", query))
    return KeysetPagination().asked(request)


def test_a_cursor_comes_back_as_it_went_out() -> None:
    position = (datetime(2026, 1, 31, 12, 0, 0, 123456, UTC), 2**63 - 1)

    word = KeysetPagination.encoded(position)

    assert word.replace("-", "").replace("_", "").isalnum()
    assert asked({"after": word}).after == position


def test_a_stretch_links_to_the_next_one() -> None:
    paginator = KeysetPagination()
    request = Request(APIRequestFactory().get("/api/v1/stock/entries/", {"limit": "2"}))
    position = (datetime(2026, 1, 31, tzinfo=UTC), 5)

    answer = paginator.answer(request, CursorPage([1, 2], position), [1, 2]).data

    assert answer["results"] == [1, 2]
    assert answer["previous"] is None
    assert "limit=2" in answer["next"]
    assert f"after={KeysetPagination.encoded(position)}" in answer["next"]
    last = paginator.answer(request, CursorPage([], None), [])
    assert last.data == {"next": None, "previous": None, "results": []}


def test_100_are_in_a_stretch_unless_asked_otherwise() -> None:
    assert asked({}).limit == 100
    assert asked({"limit": "500"}).limit == 500


@pytest.mark.parametrize("text", [*BAD_NUMBERS, "501"])
def test_a_limit_that_is_no_number_in_range_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        asked({"limit": text})


def word(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "!!!!",
        "é",
        "a\x00b",
        "A" * 10_000,
        word(None),
        word({}),
        word([]),
        word(["2026-01-31T00:00:00+00:00"]),
        word(["2026-01-31T00:00:00+00:00", 1, 2]),
        word(["2026-01-31T00:00:00", 1]),
        word(["yesterday", 1]),
        word(["0001-01-01T00:00:00+14:00", 1]),
        word([5, 5]),
        word(["2026-01-31T00:00:00+00:00", True]),
        word(["2026-01-31T00:00:00+00:00", 1.5]),
        word(["2026-01-31T00:00:00+00:00", -1]),
        word(["2026-01-31T00:00:00+00:00", 2**63]),
        word(["2026-01-31T00:00:00+00:00", "1; drop table"]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_bad_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        asked({"after": text})
