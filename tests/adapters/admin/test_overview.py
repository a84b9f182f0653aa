"""The first page tells each person what he may know, in figures that are true."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.container import container
from sms_core.access.commands import CreateRole
from sms_core.access.entities import system_actor
from sms_core.access.services import RoleService
from sms_django import models
from tests.adapters.admin.conftest import LogIn

MOST_QUERIES = 20


@pytest.fixture
def demo(db: None) -> None:
    call_command("seed_demo", verbosity=0)


def overview(client: Client) -> Any:
    return client.get(reverse("admin:index")).context


def figures(client: Client) -> dict[str, str]:
    return {card.title: card.figure for card in overview(client)["cards"]}


def stocked(levels: QuerySet[models.Level]) -> int:
    return levels.filter(on_hand__gt=0).values("variant").distinct().count()


def test_the_owner_sees_what_there_is(owner: Client, demo: None) -> None:
    worth = models.Level.objects.aggregate(Sum("value"))["value__sum"]
    shown = figures(owner)
    assert shown["Products"] == str(models.Product.objects.count())
    assert shown["Items in stock"] == str(stocked(models.Level.objects.all()))
    assert Decimal(shown["Stock value"].removesuffix(" EUR").replace(",", "")) == worth
    assert worth > 0


def test_what_runs_out_is_listed_with_its_reorder_level(owner: Client, demo: None) -> None:
    shown = overview(owner)
    listed = shown["running_out"]
    assert listed
    assert figures(owner)["At or below reorder level"] == str(len(listed))
    assert all(item["available"] <= item["stock_alert"] for item in listed)
    for item in listed:
        assert owner.get(item["link"]).status_code == 200


def test_each_figure_leads_to_what_it_counts(log_in: LogIn, demo: None) -> None:
    mine = models.Warehouse.objects.order_by("pk").last()
    client = log_in("owner", warehouse_ids=[mine.pk])
    cards = {card.title: card for card in overview(client)["cards"]}
    for title in ("Products", "At or below reorder level"):
        listed = client.get(cards[title].link).context["cl"]
        assert str(listed.result_count) == cards[title].figure


def test_the_last_postings_are_newest_first(owner: Client, demo: None) -> None:
    ids = [item["posting"].id for item in overview(owner)["postings"]]
    assert ids == sorted(models.Posting.objects.values_list("pk", flat=True), reverse=True)[:8]


def test_a_clerk_sees_no_value(log_in: LogIn, demo: None) -> None:
    shown = figures(log_in("clerk"))
    assert "Items in stock" in shown
    assert "Stock value" not in shown


def test_figures_stop_at_the_walls_of_ones_warehouses(log_in: LogIn, demo: None) -> None:
    everything = figures(log_in("owner"))
    mine = models.Warehouse.objects.order_by("pk").last()
    here = models.Level.objects.filter(warehouse=mine)
    shown = figures(log_in("owner", warehouse_ids=[mine.pk]))
    assert shown["Items in stock"] == str(stocked(here))
    assert shown["Stock value"] != everything["Stock value"]
    assert figures(log_in("owner", warehouse_ids=[]))["Stock value"] == "0.00 EUR"


def test_who_may_see_nothing_is_told_so(log_in: LogIn) -> None:
    container().get(RoleService).create(CreateRole(name="visitor"), by=system_actor())
    visitor = log_in("visitor")
    page = visitor.get(reverse("admin:index"))
    assert page.context["cards"] == []
    assert page.context["postings"] == []
    assert "ask the owner for a role" in page.content.decode()


def test_the_page_costs_few_queries(owner: Client, demo: None) -> None:
    overview(owner)
    with CaptureQueriesContext(connection) as queries:
        overview(owner)
    assert len(queries) <= MOST_QUERIES
