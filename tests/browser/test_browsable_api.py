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
