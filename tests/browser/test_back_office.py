"""The back office, used with mouse and keyboard."""

from playwright.sync_api import Page, expect


def reach(page: Page, selector: str, presses: int = 60) -> bool:
    """Whether Tab comes to it."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted)", selector):
            return True
    return False


def test_filters_can_be_used_with_the_keyboard_alone(back_office: Page) -> None:
    page = back_office
    page.goto("/admin/sms/brand/")
    panel = page.locator("#changelist-filter")

    assert reach(page, "#changelist-filter-open")
    expect(panel).to_be_hidden()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    assert page.evaluate(
        "document.querySelector('#changelist-filter').contains(document.activeElement)"
    )
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("Enter")
    assert reach(page, "#changelist-filter a[href='?archived=yes']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?archived=yes")


def test_a_wrong_password_is_refused_in_a_sentence(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("owner")
    page.get_by_label("Password").fill("something else")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("Username or password is not right.")
    expect(page.get_by_label("Username")).to_have_value("owner")


def test_a_refused_form_keeps_what_was_typed(back_office: Page) -> None:
    page = back_office
    for description in ("first", "second"):
        page.goto("/admin/sms/brand/add/")
        page.get_by_label("Name*", exact=True).fill("Only Once")
        page.get_by_label("Description").fill(description)
        page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("There is another brand with this name.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("second")


def test_a_phone_shows_every_page_without_scrolling_sideways(back_office: Page) -> None:
    page = back_office
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/admin/", "/admin/sms/brand/", "/admin/sms/brand/add/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def choose(page: Page, label: str, text: str) -> None:
    """Pick from a field that searches as one types."""
    field = page.locator(f"[name={label}]")
    field.locator("xpath=..").locator(".select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).click()
    expect(field.locator("xpath=..")).to_contain_text(text)


def save(page: Page, words: str) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#main")).to_contain_text(words)


def test_a_newcomer_gets_from_an_empty_shop_to_stock(back_office: Page) -> None:
    page = back_office
    page.get_by_role("link", name="Brands").click()
    page.goto("/admin/sms/brand/add/")
    page.get_by_label("Name*", exact=True).fill("Chef Anton")
    save(page, "was added successfully")
    page.goto("/admin/sms/category/add/")
    page.get_by_label("Code*", exact=True).fill("SPICES")
    page.get_by_label("Name*", exact=True).fill("Spices")
    save(page, "was added successfully")
    page.goto("/admin/sms/product/add/")
    page.get_by_label("Code*", exact=True).fill("GUMBO")
    page.get_by_label("Name*", exact=True).fill("Gumbo Mix")
    choose(page, "category", "Spices")
    choose(page, "brand", "Chef Anton")
    choose(page, "unit", "Piece")
    save(page, "was added successfully")
