"""A whole working day in the back office: whatever happens, the stock card explains it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.hands import add, choose, save

TEA, DEPOT, KIOSK = "DAYTEA", "DEPOT The depot", "KIOSK The kiosk"

# What happened to the tea in the depot: kind, quantity, reserved, and the balances these led to.
CARD = [
    ("Receipt", "+60", "", "60", "0", "60"),
    ("Reservation", "", "+60", "60", "60", "0"),
    ("Receipt", "+40", "", "100", "60", "40"),
    ("Reservation", "", "+20", "100", "80", "20"),
    ("Shipment", "-60", "-60", "40", "20", "20"),
    ("Shipment", "-20", "-20", "20", "0", "20"),
    ("Customer return", "+1", "", "21", "0", "21"),
    ("Dispatch", "-10", "", "11", "0", "11"),
    ("Count", "-1", "", "10", "0", "10"),
    ("Issue", "-3", "", "7", "0", "7"),
    ("Reversal", "+3", "", "10", "0", "10"),
    ("Issue", "-2", "", "8", "0", "8"),
]


def menu(page: Page, entry: str) -> None:
    """Go where the menu leads."""
    page.locator("#nav-sidebar").get_by_role("link", name=entry).click()


def press(page: Page, verb: str) -> None:
    """Press the button of the page's form."""
    page.locator("#main").get_by_role("button", name=verb, exact=True).click()


def open_act(page: Page, way: str) -> None:
    """Choose what to do with the document that is shown."""
    page.locator("#acts").get_by_role("link", name=way).click()


def act(page: Page, way: str, *, leads_to: str) -> None:
    """Do it as the page proposes; afterwards the document is in this state."""
    open_act(page, way)
    press(page, way)
    stands(page, leads_to)


def stands(page: Page, state: str) -> None:
    """The page of a document shows this state."""
    expect(page.locator("#acts")).to_contain_text(state)


def figures(page: Page, *wanted: str) -> None:
    """The only line of the document begins with these figures."""
    cells = page.locator("#document-lines tbody tr .sms-figure")
    for number, figure in enumerate(wanted):
        expect(cells.nth(number)).to_have_text(figure)


def furnish(page: Page) -> None:
    """Goods, two places, somebody to buy from and somebody to sell to."""
    add(page, "category", Code="DAY", Name="Of the day")
    save(page, "was added successfully")
    add(page, "product", Code=TEA, Name="Tea of the day")
    choose(page, "category", "Of the day")
    choose(page, "unit", "Piece")
    page.get_by_label("Price").fill("5")
    save(page, "was added successfully")
    for code, name in (DEPOT.split(" ", 1), KIOSK.split(" ", 1)):
        add(page, "warehouse", Code=code, Name=name)
        save(page, "was added successfully")
    add(page, "supplier", Code="DAYSUP", Name="Leaves and Co")
    save(page, "was added successfully")
    add(page, "customer", Code="DAYCUS", Name="Parched Ltd")
    save(page, "was added successfully")


def serve_backorders(page: Page, *, by_itself: bool) -> None:
    """Say whether waiting orders get what arrives without anybody asking."""
    page.goto("/admin/sms/company/")
    page.get_by_label("Serves backorders").set_checked(by_itself)
    save(page, "was changed successfully")


def order(page: Page) -> str:
    """Buy 100, of which 60 come; gives the way to the order."""
    menu(page, "New purchase order")
    choose(page, "supplier", "Leaves and Co")
    page.get_by_label("Deliver to").select_option(label=DEPOT)
    page.get_by_label("Goods 1").fill(TEA)
    page.get_by_label("Packs 1").fill("100")
    page.get_by_label("Cost per pack 1").fill("2")
    press(page, "Save")
    act(page, "Place", leads_to="Placed")
    open_act(page, "Receive")
    page.get_by_label("Accepted 1").fill("60")
    press(page, "Receive")
    stands(page, "Partially received")
    return page.url


def sell(page: Page) -> str:
    """Sell 80, of which there are 60; gives the way to the order."""
    menu(page, "New sales order")
    choose(page, "customer", "Parched Ltd")
    page.get_by_label("Ship from").select_option(label=DEPOT)
    page.get_by_label("Goods 1").fill(TEA)
    page.get_by_label("Quantity 1").fill("80")
    press(page, "Save")
    open_act(page, "Confirm")
    press(page, "Preview")
    expect(page.locator("#after")).to_contain_text("Confirmed")
    press(page, "Confirm")
    stands(page, "Confirmed")
    figures(page, "80", "60", "20")
    return page.url


def pick_and_ship(page: Page) -> None:
    """Print what to pick, send all 80, and take one back."""
    open_act(page, "Allocate")
    press(page, "Allocate")
    stands(page, "Confirmed")
    figures(page, "80", "80", "0")
    paper = page.locator("#acts").get_by_role("link", name="Pick list").get_attribute("href")
    assert paper is not None
    answer = page.request.get(paper)
    assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    act(page, "Ship", leads_to="Shipped")
    figures(page, "80", "0", "0", "80", "0")
    open_act(page, "Take back")
    page.get_by_label("Comes back 1").fill("1")
    page.get_by_label("Reason 1").select_option(label="Wrong item")
    press(page, "Take back")
    figures(page, "80", "0", "0", "80", "1")


def transfer(page: Page) -> str:
    """Send 10 to the kiosk, where they arrive; gives the way to the transfer."""
    menu(page, "New stock transfer")
    page.get_by_label("From warehouse").select_option(label=DEPOT)
    page.get_by_label("To warehouse").select_option(label=KIOSK)
    page.get_by_label("Goods 1").fill(TEA)
    page.get_by_label("Quantity 1").fill("10")
    press(page, "Save")
    act(page, "Dispatch", leads_to="In transit")
    figures(page, "10", "10", "0", "10")
    act(page, "Receive", leads_to="Received")
    figures(page, "10", "10", "10", "0")
    return page.url


def count(page: Page) -> str:
    """Find one less than the books say; gives the way to the count."""
    menu(page, "New stock count")
    page.get_by_label("Warehouse").select_option(label=DEPOT)
    page.get_by_label("Goods", exact=True).fill(TEA)
    press(page, "Save")
    act(page, "Start", leads_to="Counting")
    open_act(page, "Enter")
    page.get_by_label("Counted 1").fill("10")
    page.get_by_label("Hand in").check()
    press(page, "Enter")
    stands(page, "To approve")
    figures(page, "10", "-1")
    act(page, "Post", leads_to="Posted")
    return page.url


def issue_and_correct(page: Page) -> None:
    """Take 3 for ourselves, and say afterwards that it were 2."""
    menu(page, "Issue goods")
    page.get_by_label("Warehouse").select_option(label=DEPOT)
    page.get_by_label("Reason").select_option(label="Internal use")
    page.get_by_label("Goods 1").fill(TEA)
    page.get_by_label("Quantity 1").fill("3")
    press(page, "Issue")
    expect(page.locator("#main")).to_contain_text("is posted")
    page.get_by_role("button", name="Correct").click()
    page.get_by_label("Quantity 1").fill("2")
    press(page, "Correct")
    expect(page.locator("#main")).to_contain_text("is posted")


def explain(page: Page) -> None:
    """The card of the tea in the depot tells all of it, line by line."""
    menu(page, "Levels")
    page.locator("#searchbar").fill(TEA.lower())
    page.keyboard.press("Enter")
    depot = page.locator("#result_list tbody tr", has_text="DEPOT")
    expect(depot.locator(".field-on_hand_shown")).to_have_text("8")
    expect(page.locator("#result_list tbody tr", has_text="KIOSK")).to_contain_text("10")
    depot.locator(".field-on_hand_shown a").click()
    rows = page.locator("#card tbody tr")
    expect(rows).to_have_count(1 + len(CARD) + 1)
    for number, wanted in enumerate(CARD, start=1):
        row = rows.nth(number)
        expect(row.locator("td").nth(1)).to_contain_text(wanted[0])
        cells = [row.locator("td.sms-figure").nth(place) for place in (0, 1, 3, 4, 5)]
        for cell, figure in zip(cells, wanted[1:], strict=True):
            expect(cell).to_have_text(figure)
    closing = page.locator("#closing .sms-figure")
    for place, figure in ((-4, "8"), (-3, "0"), (-2, "8"), (-1, "16.00")):
        expect(closing.nth(place)).to_have_text(figure)


def fit_a_phone(page: Page, *ways: str) -> None:
    """None of these pages scrolls sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    for way in ways:
        page.goto(way)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, way


def test_a_working_day(back_office: Page) -> None:
    page = back_office
    furnish(page)
    serve_backorders(page, by_itself=False)

    bought = order(page)
    sold = sell(page)
    page.goto(bought)
    act(page, "Receive", leads_to="Received")
    figures(page, "100")
    page.goto(sold)
    pick_and_ship(page)
    moved = transfer(page)
    counted = count(page)
    issue_and_correct(page)

    explain(page)
    serve_backorders(page, by_itself=True)
    fit_a_phone(page, page.url, bought, sold, moved, counted)
