"""The company over HTTP."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.adapters.api.test_access import log_in, make_user
from tests.adapters.test_images import encoded

pytestmark = pytest.mark.django_db
COMPANY = "/api/v1/company/"
JSON = "application/json"


@pytest.fixture
def manager() -> Client:
    make_user("max", "company.change")
    return log_in("max")


def test_everybody_who_is_logged_in_sees_the_company_and_others_do_not() -> None:
    make_user("ann")

    body = log_in("ann").get(COMPANY).json()

    assert (body["currency"], body["currency_places"], body["time_zone"]) == ("EUR", 2, "UTC")
    assert (body["version"], body["large_adjustment_value"]) == (1, None)
    assert Client().get(COMPANY).status_code == 401


def test_only_who_may_changes_it() -> None:
    make_user("ann", "brand.change")
    ann = log_in("ann")

    assert ann.patch(COMPANY, {"name": "Mine"}, JSON).status_code == 403
    assert ann.put(COMPANY, {"name": "Mine"}, JSON).status_code == 403
    assert ann.get(COMPANY).json()["name"] != "Mine"


def test_patch_changes_and_put_replaces(manager: Client) -> None:
    patched = manager.patch(
        COMPANY, {"name": "Acme", "currency": "JPY", "large_adjustment_value": "500"}, JSON
    )
    assert patched.status_code == 200
    assert patched.json()["large_adjustment_value"] == "500.0000"
    assert patched.json()["version"] == 2

    put = manager.put(COMPANY, {"name": "Bolt"}, JSON).json()
    assert (put["name"], put["currency"], put["large_adjustment_value"]) == ("Bolt", "EUR", None)


def test_how_orders_and_counts_are_handled_is_set_and_reset(manager: Client) -> None:
    settings = ("serves_backorders", "over_receipt_percent", "count_approval_value")
    given = dict(zip(settings, (False, "2.50", "100.0000"), strict=True))

    patched = manager.patch(COMPANY, given, JSON).json()
    put = manager.put(COMPANY, {"name": "Bolt"}, JSON).json()

    assert {name: patched[name] for name in settings} == given
    assert [put[name] for name in settings] == [True, "0.00", None]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 400),
        ({"currency": "EUX"}, 400),
        ({"currency_places": 5}, 400),
        ({"currency_places": "2"}, 400),
        ({"time_zone": "Mars/Olympus"}, 400),
        ({"large_adjustment_value": "-1"}, 400),
        ({"large_adjustment_value": 1.5}, 400),
        ({"large_adjustment_value": "0.00001"}, 422),
        ({"count_approval_value": "-1"}, 400),
        ({"over_receipt_percent": "101"}, 400),
        ({"over_receipt_percent": None}, 400),
        ({"over_receipt_percent": "0.001"}, 422),
        ({"serves_backorders": "yes"}, 400),
        ({"id": 2}, 400),
        ({"logo": "x"}, 400),
        ({"name": "Acme", "version": 7}, 412),
    ],
    ids=str,
)
def test_a_bad_change_is_refused(manager: Client, body: dict[str, Any], status: int) -> None:
    before = manager.get(COMPANY).json()

    answer = manager.patch(COMPANY, body, JSON)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert manager.get(COMPANY).json() == before


def test_there_is_one_company_for_ever(manager: Client) -> None:
    assert manager.post(COMPANY, {"name": "Another"}, JSON).status_code == 405
    assert manager.delete(COMPANY).status_code == 405


def put_logo(client: Client, content: bytes, **headers: str) -> Any:
    upload = SimpleUploadedFile("logo.png", content, "image/png")
    body = encode_multipart(BOUNDARY, {"file": upload})
    return client.put(f"{COMPANY}logo/", body, MULTIPART_CONTENT, headers=headers)


def test_the_logo_is_put_served_and_removed(manager: Client, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert manager.get(COMPANY).json()["logo"] is None

    put = put_logo(manager, encoded("PNG") + b"x" * 2**21, **{"If-Match": '"1"'})
    url = manager.get(COMPANY).json()["logo"]
    assert (put.status_code, put.json()["logo"]) == (200, url)
    served: Any = manager.get(url)
    assert served["Content-Type"] == "image/png"
    assert b"".join(served.streaming_content).startswith(b"\x89PNG")
    assert put_logo(manager, encoded("PNG"), **{"If-Match": '"1"'}).status_code == 412

    assert manager.delete(f"{COMPANY}logo/").status_code == 204
    assert (manager.get(COMPANY).json()["logo"], list(tmp_path.iterdir())) == (None, [])


def test_a_logo_is_a_picture_from_somebody_who_may_change_the_company(
    manager: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    make_user("ann")
    ann = log_in("ann")

    assert put_logo(manager, b"<svg/>").json()["errors"][0]["pointer"] == "/file"
    assert put_logo(manager, b"x" * (5 * 2**20 + 1)).status_code == 413
    assert put_logo(ann, encoded("PNG")).status_code == 403
    assert ann.delete(f"{COMPANY}logo/").status_code == 403
    assert list(tmp_path.iterdir()) == []
