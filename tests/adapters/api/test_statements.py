"""No answer costs more the more there is: SQL statements are counted for every GET."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sms_core.access.entities import system_actor
from sms_django.management import demo
from tests.adapters.api.routes import ROUTES, Route

AUTHENTICATION = 2
LIST, DETAIL = 5, 4
# What papers take is counted where papers are tested.
READS = [route for route in ROUTES if "get" in route.actions and not route.is_paper]
LISTS = [route for route in READS if not route.is_about_one and "list" in route.actions.values()]
DETAILS = [route for route in READS if route.is_about_one]


@pytest.fixture
def shop(db: None) -> None:
    demo.DemoShop(by=system_actor()).open()


def cost(api: APIClient, path: str) -> tuple[int, Any]:
    """How many statements a GET takes, and its answer."""
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path)
    assert answer.status_code == 200, answer.content
    return len(captured), answer.json()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_takes_at_most_five_statements_whatever_it_holds(
    api: APIClient, route: Route
) -> None:
    size = "page_size" if "page_size" in route.view.cls.pagination_class.parameters else "limit"
    one, _ = cost(api, f"{route.path()}?{size}=1")
    many, _ = cost(api, f"{route.path()}?{size}=200")

    assert many <= LIST + AUTHENTICATION
    assert many <= one


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("route", DETAILS, ids=str)
def test_a_record_takes_at_most_four_statements(api: APIClient, route: Route) -> None:
    # What is told of a record beside itself is a list.
    most = DETAIL if route.actions["get"] == "retrieve" else LIST
    _, found = cost(api, route.collection)
    for each in found["results"][:3]:
        statements, _ = cost(api, route.path(each.get("id", each.get("code"))))
        assert statements <= most + AUTHENTICATION


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("route", [r for r in READS if r not in LISTS + DETAILS], ids=str)
def test_a_single_page_takes_at_most_four_statements(api: APIClient, route: Route) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert api.get(route.path()).status_code in {200, 400}
    assert len(captured) <= DETAIL + AUTHENTICATION
