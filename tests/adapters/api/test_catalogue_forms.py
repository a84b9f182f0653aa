"""The catalogue's forms in the browsable API: what they draw can be sent as it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from sms_django import models
from tests.adapters.api.conftest import user_with
from tests.adapters.api.test_catalogue_products import hat, product, refs  # noqa: F401 (fixtures)

PRODUCTS, VARIANTS = "/api/v1/products/", "/api/v1/variants/"
HTML = {"headers": {"Accept": "text/html"}}


@pytest.fixture
def browser(db: None) -> Client:
    """The owner's browser, logged in."""
    client = Client()
    client.force_login(models.User.objects.get(pk=user_with("owner").id))
    return client


def controls(page: Any) -> set[str]:
    """The names of the controls of a page's HTML form."""
    return set(re.findall(r'name="([^"]+)"', page.content.decode()))


def test_a_product_is_made_with_a_form(
    browser: Client,
    refs: dict[str, int],  # noqa: F811
) -> None:
    page = browser.get(PRODUCTS, **HTML)
    assert page.status_code == 200
    assert {"type", "code", "price", "variants[0]code", "variants[0]barcodes[0]code"} <= controls(
        page
    )

    answer = browser.post(
        PRODUCTS,
        {
            "type": "variable",
            "code": "SHIRT",
            "name": "Shirt",
            **refs,
            "brand_id": "",
            "cost": "",
            "price": " 9.90 ",
            "tax_rate": "20",
            "tax_method": "exclusive",
            "description": "",
            "stock_alert": "",
            "is_for_sale": "true",
            "is_active": "true",
            "variants[0]code": "S-1",
            "variants[0]name": "",
            "variants[0]cost": "",
            "variants[0]price": "",
            "variants[0]stock_alert": "5",
            "variants[0]barcodes[0]code": "4006",
            "variants[0]barcodes[0]quantity": "",
            "variants[1]code": "S-2",
            "variants[1]name": "",
            "variants[1]barcodes[0]code": "",
            "variants[1]barcodes[0]quantity": "",
            "variants[2]code": "",
            "variants[2]name": "",
        },
        **HTML,
    )

    assert answer.status_code == 201, answer.content.decode()
    shirt = models.Product.objects.get(code="SHIRT")
    assert list(shirt.variants.order_by("pk").values_list("code", "stock_alert")) == [
        ("S-1", 5),
        ("S-2", None),
    ]
    (barcode,) = models.Barcode.objects.filter(is_code=False)
    assert (barcode.code, barcode.quantity) == ("4006", 1)


def test_a_product_and_a_variant_are_changed_with_their_forms(
    browser: Client,
    api: APIClient,
    hat: dict[str, Any],  # noqa: F811
) -> None:
    path = f"{PRODUCTS}{hat['id']}/"
    page = browser.get(path, **HTML)
    assert "variants[0]code" not in controls(page)

    fields = {name: hat[name] for name in ("type", "code", "category_id", "unit_id", "tax_method")}
    answer = browser.put(
        path,
        "&".join(f"{k}={v}" for k, v in {**fields, "name": "Cap", "version": "1"}.items()),
        content_type="application/x-www-form-urlencoded",
        **HTML,
    )
    assert answer.status_code == 200, answer.content.decode()
    assert models.Product.objects.get().name == "Cap"

    variant = f"{VARIANTS}{hat['variants'][0]['id']}/"
    assert {"code", "barcodes[0]code"} <= controls(browser.get(variant, **HTML))
    for path in (PRODUCTS, VARIANTS, variant, f"{PRODUCTS}?below_alert=true"):
        assert browser.get(path, **HTML).status_code == 200


def test_a_refused_form_keeps_what_was_typed(
    browser: Client,
    refs: dict[str, int],  # noqa: F811
) -> None:
    answer = browser.post(
        PRODUCTS,
        {"type": "standard", "code": "X1", "name": "Typed with care", **refs, "price": "1.00001"},
        **HTML,
    )

    assert answer.status_code == 422
    assert "Typed with care" in answer.content.decode()
    assert "too fine" in answer.content.decode()


def test_the_page_of_a_picture_takes_a_file(
    browser: Client,
    hat: dict[str, Any],  # noqa: F811
) -> None:
    page = browser.get(f"{PRODUCTS}{hat['id']}/image/", **HTML)

    assert page.status_code == 405
    assert "file" in controls(page)
