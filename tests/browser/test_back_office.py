"""The back office, used with mouse and keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.hands import add, choose, save


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
    expect(panel.locator("a:focus")).to_have_count(1)
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
    for path in (
        "/",
        "/admin/",
        "/admin/sms/brand/",
        "/admin/sms/brand/add/",
        "/admin/sms/level/",
        "/admin/sms/posting/receive/",
        "/admin/sms/posting/issue/",
        "/admin/sms/posting/adjust/",
        "/admin/sms/posting/transfer/",
        "/admin/sms/posting/open/",
        "/admin/sms/reservation/reserve/",
        "/admin/sms/level/as-of/?end=2026-01-31",
        "/admin/sms/closing/close/",
        "/admin/work/",
        "/admin/sms/purchaseorder/add/",
        "/admin/sms/salesorder/add/",
        "/admin/sms/salesorder/sell-now/",
        "/admin/sms/stocktransfer/add/",
        "/admin/sms/stockcount/add/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def begin(page: Page, deed: str, goods: str, quantity: str) -> None:
    """Start from the menu and fill the first line."""
    page.locator("#nav-sidebar").get_by_role("link", name=deed).click()
    page.get_by_label("Warehouse").select_option(label="MAIN Main warehouse")
    page.get_by_label("Goods 1").fill(goods)
    page.get_by_label("Quantity 1").fill(quantity)


def see(page: Page, quantity: str) -> None:
    """The level of these goods shows this quantity."""
    page.locator("#nav-sidebar").get_by_role("link", name="Levels").click()
    page.locator("#searchbar").fill("gumbo")
    page.keyboard.press("Enter")
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("GUMBO")
    expect(row.locator(".field-on_hand_shown")).to_have_text(quantity)


def test_a_newcomer_gets_from_an_empty_shop_to_stock(back_office: Page) -> None:
    page = back_office
    add(page, "brand", Name="Chef Anton")
    save(page, "was added successfully")
    add(page, "category", Code="SPICES", Name="Spices")
    save(page, "was added successfully")
    add(page, "product", Code="GUMBO", Name="Gumbo Mix")
    choose(page, "category", "Spices")
    choose(page, "brand", "Chef Anton")
    choose(page, "unit", "Piece")
    save(page, "was added successfully")
    add(page, "warehouse", Code="MAIN", Name="Main warehouse")
    save(page, "was added successfully")

    begin(page, "Receive goods", "GUMBO", "10")
    page.get_by_role("button", name="Receive").click()
    expect(page.locator("#main")).to_contain_text("is posted")
    see(page, "10")
    begin(page, "Issue goods", "GUMBO", "3")
    page.get_by_label("For").select_option("customer")
    page.get_by_role("button", name="Issue").click()
    expect(page.locator("#main")).to_contain_text("is posted")
    see(page, "7")

    begin(page, "Issue goods", "GUMBO", "8")
    page.get_by_label("For").select_option("customer")
    page.get_by_role("button", name="Issue").click()
    expect(page.get_by_label("Quantity 1")).to_have_value("8")
    expect(page.locator("#lines")).to_contain_text("7 available, 8 asked for")
    see(page, "7")


def test_a_wrong_receipt_is_tried_entered_corrected_and_explained(back_office: Page) -> None:
    page = back_office
    add(page, "category", Code="TINS", Name="Tins")
    save(page, "was added successfully")
    add(page, "product", Code="TIN", Name="Tin of peas")
    choose(page, "category", "Tins")
    choose(page, "unit", "Piece")
    save(page, "was added successfully")
    add(page, "warehouse", Code="CELLAR", Name="Cellar")
    save(page, "was added successfully")

    page.goto("/admin/sms/posting/receive/")
    page.get_by_label("Warehouse").select_option(label="CELLAR Cellar")
    page.get_by_label("Goods 1").fill("TIN")
    page.get_by_label("Quantity 1").fill("100")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#changes")).to_contain_text("Nothing is posted yet")
    expect(page.locator("#changes")).to_contain_text("0 → 100")
    page.get_by_role("button", name="Receive").click()
    expect(page.locator("#main")).to_contain_text("is posted")

    page.get_by_role("button", name="Correct").click()
    expect(page.get_by_label("Goods 1")).to_have_value("TIN")
    page.get_by_label("Quantity 1").fill("10")
    page.get_by_role("button", name="Correct").click()
    expect(page.locator("#main")).to_contain_text("is posted")

    page.goto("/admin/sms/level/?q=tin")
    page.locator(".field-on_hand_shown a").click()
    rows = page.locator("#card tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("undone by")
    expect(page.locator("#closing")).to_contain_text("10")
