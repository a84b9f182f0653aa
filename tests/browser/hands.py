"""What hands do in the back office: fill in, choose, save."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def choose(page: Page, label: str, text: str) -> None:
    """Pick from a field that searches as one types."""
    field = page.locator(f"[name={label}]")
    field.locator("xpath=..").locator(".select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).click()
    expect(field.locator("xpath=..")).to_contain_text(text)


def save(page: Page, words: str) -> None:
    """Save the record; the page says so in these words."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#main")).to_contain_text(words)


def add(page: Page, what: str, **texts: str) -> None:
    """Fill the text fields of a new record by their labels."""
    page.goto(f"/admin/sms/{what}/add/")
    for label, text in texts.items():
        page.get_by_label(f"{label}*", exact=True).fill(text)
