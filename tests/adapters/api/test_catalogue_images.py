"""The pictures of products and variants over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.adapters.api.conftest import ApiAs
from tests.adapters.api.test_catalogue_products import hat, refs  # noqa: F401 (fixtures)
from tests.adapters.test_images import encoded

Paths = Callable[[], list[str]]


@pytest.fixture
def things(hat: dict[str, Any], settings: Any, tmp_path: Path) -> list[str]:  # noqa: F811
    settings.MEDIA_ROOT = tmp_path
    return [f"/api/v1/products/{hat['id']}/", f"/api/v1/variants/{hat['variants'][0]['id']}/"]


def send(api: APIClient, path: str, content: bytes, **headers: str) -> Any:
    upload = SimpleUploadedFile("hat.png", content, "image/png")
    return api.put(f"{path}image/", {"file": upload}, format="multipart", headers=headers)


def test_a_picture_is_put_served_replaced_and_removed(
    api: APIClient, things: list[str], tmp_path: Path
) -> None:
    for path in things:
        first = send(api, path, encoded("PNG"))
        assert first.status_code == 200, first.content
        url = first.json()["image"]
        assert api.get(path).json()["image"] == url
        served = api.get(url)
        assert (served.status_code, served["Content-Type"]) == (200, "image/png")
        assert served["X-Content-Type-Options"] == "nosniff"
        assert b"".join(served.streaming_content).startswith(b"\x89PNG")

        second = send(api, path, encoded("WEBP")).json()["image"]
        assert second.endswith(".webp")
        assert api.get(url).status_code == 404

        assert api.delete(f"{path}image/").status_code == 204
        assert api.get(path).json()["image"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a"])
def test_what_is_no_picture_is_400(api: APIClient, things: list[str], content: bytes) -> None:
    answer = send(api, things[0], content)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/file")


def test_a_file_is_needed_as_multipart(api: APIClient, things: list[str]) -> None:
    path = f"{things[0]}image/"

    assert api.put(path, {}, format="multipart").status_code == 400
    assert api.put(path, {"file": "x"}).status_code == 415


def test_more_than_5_mb_are_413_and_more_than_1_mb_are_not(
    api: APIClient, things: list[str]
) -> None:
    mega = 1024 * 1024
    noise = encoded("PNG") + b"\x00" * (2 * mega)

    assert send(api, things[0], noise).status_code == 200
    for size in (5 * mega + 1, 7 * mega):
        answer = send(api, things[0], b"x" * size)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_stale_picture_is_412_and_leaves_no_file(
    api: APIClient, things: list[str], tmp_path: Path
) -> None:
    api.patch(things[0], {"name": "Cap"})

    assert send(api, things[0], encoded("PNG"), **{"If-Match": '"1"'}).status_code == 412
    assert api.delete(f"{things[0]}image/", headers={"If-Match": '"1"'}).status_code == 412
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_changed_by_who_may_change_the_product(
    api_as: ApiAs, things: list[str]
) -> None:
    viewer = api_as(permissions=["product.view"])

    for path in things:
        assert send(viewer, path, encoded("PNG")).status_code == 403
        assert viewer.delete(f"{path}image/").status_code == 403
    assert send(api_as("owner"), "/api/v1/products/999999/", encoded("PNG")).status_code == 404
