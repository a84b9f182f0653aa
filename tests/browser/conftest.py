"""A real browser in front of the application as `make run` serves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import databases, scratch
from tests.serving import Served, started

OWNER = {"SMS_OWNER_USERNAME": "owner", "SMS_OWNER_PASSWORD": "correct horse battery"}
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Playwright keeps an event loop in its thread, in which Django refuses to use the database: it
# must be gone when the next module's tests run.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty shop that only its owner can enter."""
    folder = tmp_path_factory.mktemp("served")
    with (
        scratch.database_url(databases.engine()) as url,
        started(
            folder / "log",
            DATABASE_URL=url,
            SMS_VAR=str(folder / "var"),
            SMS_DEMO="0",
            **OWNER,
        ) as served,
    ):
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A window of its own; it may talk to nobody but the application."""
    context = browser.new_context(base_url=served.url(""), viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    strangers: list[str] = []
    broken: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: _note(request.url, served, strangers))
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert strangers == []
    assert broken == []


def _note(url: str, served: Served, strangers: list[str]) -> None:
    if not url.startswith((served.url(), "data:", "blob:")):
        strangers.append(url)


@pytest.fixture
def back_office(page: Page) -> Page:
    """The owner, at the first page of the back office."""
    page.goto("/admin/")
    log_in(page)
    page.wait_for_url("**/admin/")
    return page


def log_in(page: Page) -> None:
    """Fill the log-in page that is open."""
    page.get_by_label("Username").fill(OWNER["SMS_OWNER_USERNAME"])
    page.get_by_label("Password").fill(OWNER["SMS_OWNER_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
