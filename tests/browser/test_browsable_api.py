"""The API, explored in a browser with the forms on its pages."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in


@pytest.fixture
def api(page: Page) -> Page:
    """The owner, logged in by the link on an API page."""
    page.goto("/api/v1/brands/")
    page.get_by_role("link", name="Log in").click()
    log_in(page)
    page.wait_for_url("**/api/v1/brands/")
    return page


def send(page: Page, form: str, button: str = "POST") -> Any:
    """Press the form's button; what the API answered."""
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.locator(form).get_by_role("button", name=button).click()
    assert answer.value.status == 201, page.locator(".response-info").inner_text()
    return json.loads(page.locator(".response-info").inner_text().partition("\n\n")[2])


def test_a_brand_is_made_with_the_form_on_its_page(api: Page) -> None:
    page = api
    page.get_by_role("link", name="HTML form").click()
    page.locator("#post-object-form [name=name]").fill("Browsed")
    made = send(page, "#post-object-form")
    assert made["name"] == "Browsed"

    page.goto("/api/v1/brands/?search=browsed")
    expect(page.locator(".response-info")).to_contain_text('"count": 1')


def create(page: Page, path: str, **texts: str) -> Any:
    """Fill the form on the page of a list and post it."""
    page.goto(f"/api/v1/{path}/")
    page.get_by_role("link", name="HTML form").click()
    for name, text in texts.items():
        field = page.locator(f"#post-object-form [name='{name}']")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value=text)
        else:
            field.fill(text)
    return send(page, "#post-object-form")


def test_goods_are_received_with_the_forms_on_the_pages(api: Page) -> None:
    page = api
    category = create(page, "categories", code="TOOLS", name="Tools")
    page.goto("/api/v1/units/?search=pc")
    unit = json.loads(page.locator(".response-info").inner_text().partition("\n\n")[2])
    unit_id = str(unit["results"][0]["id"])
    product = create(
        page,
        "products",
        code="HAMMER",
        name="Hammer",
        category_id=str(category["id"]),
        unit_id=unit_id,
    )
    warehouse = create(page, "warehouses", code="SHED", name="Shed")
    posting = create(
        page,
        "stock/receipts",
        warehouse_id=str(warehouse["id"]),
        **{
            "lines[0]variant_id": str(product["variants"][0]["id"]),
            "lines[0]quantity": "10",
            "lines[0]unit_cost": "2.50",
        },
    )
    assert posting["number"].startswith("REC-")
    assert [entry["on_hand_after"] for entry in posting["entries"]] == ["10.0000"]

    page.goto(f"/api/v1/stock/levels/?warehouse_id={warehouse['id']}")
    expect(page.locator(".response-info")).to_contain_text('"on_hand": "10.0000"')
