"""Keys of orders: who needs one, what it may be, and which requests are the same."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from sms_core.shared.errors import Invalid
from sms_django.api.once import fingerprint, key_of
from sms_django.api.parsing import JSONParser

PATH = "/api/v1/stock/receipts/"


def request(
    body: Any = None, *, path: str = PATH, auth: str | None = "token", **options: Any
) -> Request:
    options.setdefault("content_type", "application/json")
    made = APIRequestFactory().post(path, body or "{}", **options)
    found = Request(made, parsers=[JSONParser(), FormParser()])
    found.auth = auth
    return found


@pytest.mark.parametrize("key", ["1", "x" * 255, "3f2c-77 b~"])
def test_a_key_is_printable_ascii(key: str) -> None:
    assert key_of(request(HTTP_IDEMPOTENCY_KEY=key)) == key


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ä", "a\x7f"])
def test_any_other_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        key_of(request(HTTP_IDEMPOTENCY_KEY=key))
    assert refusal.value.code == "idempotency_key"


def test_an_order_without_a_key_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        key_of(request())
    assert refusal.value.code == "idempotency_key_required"


def test_only_a_form_in_a_browser_has_its_key_in_the_address() -> None:
    address = f"{PATH}?idempotency_key=abc"

    assert key_of(request(path=address, auth=None)) == "abc"
    with pytest.raises(Invalid):
        key_of(request(path=address, auth="token"))


def test_the_layout_of_a_body_makes_no_difference() -> None:
    one = fingerprint(request('{"a": 1, "b": [1, {"c": "2", "d": null}]}'))
    two = fingerprint(request(' {"b":[1,{"d":null,"c":"2"}],  "a":1}'))

    assert one == two


@pytest.mark.parametrize(
    "other",
    [
        request('{"a": 2}'),
        request('{"a": "1"}'),
        request('{"a": 1, "b": null}'),
        request('{"a": 1}', path="/api/v1/stock/issues/"),
    ],
)
def test_another_body_or_path_is_another_request(other: Request) -> None:
    assert fingerprint(request('{"a": 1}')) != fingerprint(other)


def test_a_form_is_the_same_whatever_its_csrf_token() -> None:
    kind = "application/x-www-form-urlencoded"

    def form(body: str) -> str:
        return fingerprint(request(body, content_type=kind))

    assert form("a=1&csrfmiddlewaretoken=x") == form("csrfmiddlewaretoken=y&a=1")
    assert form("a=1") != form("a=2")
    assert form("a=1") != form("a=1&a=2")
