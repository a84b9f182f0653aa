"""What holds for every page of the back office: all that are registered are walked, none listed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.access.permissions import ALL_CODES, DELIVERED_ROLES
from sms_core.stock.commands import CreateWarehouse, ReserveStock
from sms_core.stock.places import WarehouseService
from sms_core.stock.reservations import ReservationService
from sms_django import models
from sms_django.admin.base import CoreAdmin, LimitedAdmin, ReadOnlyAdmin
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.limits import Limits
from sms_django.admin.site import GROUPS
from tests.adapters.admin.conftest import LogIn

PAGES = {
    model._meta.model_name: page
    for model, page in admin.site._registry.items()
    if model._meta.app_label == "sms"
}
BASES = {Limits, LimitedAdmin, CoreAdmin, ReadOnlyAdmin, DocumentAdmin}
COSTLY = {"cost", "value", "unit_cost", "average_cost", "last_cost", "value_after"}
ROLES = {role.name: role.permissions for role in DELIVERED_ROLES}

every_page = pytest.mark.parametrize("name", sorted(PAGES))
every_role = pytest.mark.parametrize("role", sorted(ROLES))


def declared(page: Any) -> set[str]:
    """What the page's own classes say, the bases aside."""
    classes = (kind for kind in type(page).__mro__ if kind not in BASES and kind is not object)
    return {name for kind in classes if kind.__module__.startswith("sms_") for name in vars(kind)}


def address(page: Any, view: str, *args: Any) -> str:
    return reverse(f"admin:sms_{page.opts.model_name}_{view}", args=args)


def shown(page: Any) -> set[str]:
    """Every column that the page can show."""
    fields = [*(page.fields or ()), *page.list_display, *page.readonly_fields, *page.list_filter]
    for _, options in page.fieldsets or ():
        fields += options["fields"]
    return {
        part
        for field in fields
        for part in (field if isinstance(field, list | tuple) else [field])
        if isinstance(part, str)
    }


@pytest.fixture
def demo(db: None) -> None:
    """A shop with rows in most tables; in each warehouse something is promised."""
    call_command("seed_demo", verbosity=0)
    for level in models.Level.objects.filter(on_hand__gt=1).order_by("warehouse", "-on_hand"):
        if not level.warehouse.reservations.exists():
            promise = ReserveStock(
                variant_id=level.variant_id, warehouse_id=level.warehouse_id, quantity=Decimal(1)
            )
            container().get(ReservationService).reserve(promise, by=system_actor())
    paper_elsewhere()


def paper_elsewhere() -> None:
    """A document of each type, and a rule, that have nothing to do with the other warehouses, and
    a document of each in the first one."""
    service = container().get(WarehouseService)
    first: Any = models.Warehouse.objects.order_by("pk").first()
    others = [
        service.create(CreateWarehouse(code=code, name=code), by=system_actor())
        for code in ("FAR", "FARTHER")
    ]
    for page in (page for page in PAGES.values() if isinstance(page, DocumentAdmin)):
        row = page.model._default_manager.order_by("pk").first()
        for number, houses in (("ELSEWHERE", others), ("HERE", [first])):
            row.pk, row.number = None, number
            for path, warehouse in zip(page.warehouse_paths, houses, strict=False):
                setattr(row, f"{path}_id", warehouse.id)
            row.save(force_insert=True)
    rule = models.ReorderRule.objects.order_by("pk").first()
    assert rule
    rule.pk, rule.warehouse_id = None, others[0].id
    rule.save(force_insert=True)


def test_there_are_pages() -> None:
    assert "brand" in PAGES


@every_page
def test_a_page_stands_on_our_bases_and_says_what_it_limits(name: str) -> None:
    page = PAGES[name]
    assert isinstance(page, (CoreAdmin, ReadOnlyAdmin))
    assert {"resource", "warehouse_path", "cost_fields", "group"} <= declared(page)
    assert page.group in GROUPS
    assert any(code.startswith(f"{page.resource}.") for code in ALL_CODES)
    if page.warehouse_path is not None:
        str(page.model._default_manager.filter(page.within([1])).query)


@every_page
def test_a_page_hides_every_cost_it_shows(name: str) -> None:
    page = PAGES[name]
    assert shown(page) & COSTLY <= set(page.cost_fields)
    assert set(page.cost_fields) <= shown(page), "hides what it does not show"


@every_page
def test_a_page_writes_in_no_other_way_than_its_form(name: str) -> None:
    page = PAGES[name]
    assert not page.list_editable
    if isinstance(page, CoreAdmin):
        assert page.fields or page.fieldsets, "the form's fields are chosen, not guessed"
        assert {"service"} <= declared(page)
    for inline in page.inlines:
        assert inline.max_num == 0, "inlines only show"


def may(role: str, page: Any, action: str) -> bool:
    if page.resource == "company" and action == "view":
        return True
    return f"{page.resource}.{action}" in ROLES[role]


@pytest.mark.django_db
@every_role
def test_everybody_sees_just_the_lists_he_may(role: str, log_in: LogIn) -> None:
    client = log_in(role)
    wrong = []
    for name, page in PAGES.items():
        status = client.get(
            address(page, "changelist"), follow=page.resource == "company"
        ).status_code
        if status != (200 if may(role, page, "view") else 403):
            wrong.append((name, status))
    assert wrong == []


@pytest.mark.django_db
@every_role
def test_everybody_may_add_just_what_he_may(role: str, log_in: LogIn) -> None:
    client = log_in(role)
    wrong = []
    for name, page in PAGES.items():
        adds = isinstance(page, CoreAdmin) and may(role, page, "add")
        status = client.get(address(page, "add")).status_code
        if status != (200 if adds else 403):
            wrong.append((name, status))
    assert wrong == []


@every_role
def test_every_row_opens_for_those_who_may_see_it(role: str, log_in: LogIn, demo: None) -> None:
    client = log_in(role)
    wrong = []
    for name, page in PAGES.items():
        for view in ("change", "history"):
            row = page.model._default_manager.order_by("pk").first()
            if row is None:
                continue
            status = client.get(address(page, view, row.pk)).status_code
            if status != (200 if may(role, page, "view") else 403):
                wrong.append((name, view, status))
    assert wrong == []


@pytest.mark.django_db
@every_role
def test_the_menu_leads_only_where_one_may_go(role: str, log_in: LogIn) -> None:
    client = log_in(role)
    context = client.get(reverse("admin:index")).context
    links = [item["link"] for group in context["sidebar_navigation"] for item in group["items"]]
    assert len(links) == len(set(links))
    assert {link: client.get(link, follow=True).status_code for link in links} == dict.fromkeys(
        links, 200
    )
    seen = [page for page in PAGES.values() if may(role, page, "view")]
    assert {address(page, "changelist") for page in seen} <= set(links)


@every_page
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(
    name: str, owner: Client, demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGES[name]
    address_ = address(page, "changelist")
    owner.get(address_, follow=True)
    counts = []
    for rows in (1, 100):
        monkeypatch.setattr(type(page), "list_per_page", rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            owner.get(address_, follow=True)
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]
    assert counts[1] <= 14


def limited(pages: dict[str, Any]) -> Iterator[str]:
    yield from (name for name, page in pages.items() if page.warehouse_path is not None)


@pytest.mark.parametrize("name", sorted(limited(PAGES)))
def test_rows_of_other_warehouses_do_not_exist(name: str, log_in: LogIn, demo: None) -> None:
    page = PAGES[name]
    mine = models.Warehouse.objects.order_by("pk").first()
    rows = page.model._default_manager
    visible = rows.filter(page.within([mine.pk]))
    hidden = rows.exclude(pk__in=visible.values("pk"))
    assert visible.exists()
    assert hidden.exists()
    for role in ("owner", "auditor"):
        client = log_in(role, warehouse_ids=[mine.pk])
        listed = client.get(address(page, "changelist")).context["cl"].queryset
        assert set(listed) <= set(visible)
        assert client.get(address(page, "change", hidden.first().pk)).status_code == 302
    nothing = log_in("owner", warehouse_ids=[])
    assert not nothing.get(address(page, "changelist")).context["cl"].queryset.exists()


@every_page
def test_who_may_not_see_costs_sees_none(name: str, log_in: LogIn, demo: None) -> None:
    page = PAGES[name]
    if not page.cost_fields or not may("clerk", page, "view"):
        return
    clerk = log_in("clerk")
    hidden = set(page.cost_fields)
    listed = clerk.get(address(page, "changelist")).context["cl"]
    columns = {getattr(column, "__name__", column) for column in listed.list_display}
    assert columns
    assert not hidden & columns
    row = page.model._default_manager.order_by("pk").first()
    form = clerk.get(address(page, "change", row.pk)).context["adminform"]
    on_form = {part for _, options in form.fieldsets for part in options["fields"]}
    assert not hidden & on_form
    columns = {field.name for field in page.opts.get_fields()}
    for column in hidden & columns:
        probe = clerk.get(address(page, "changelist"), {f"{column}__gte": "1"})
        assert probe.status_code == 400, "a filter would tell the cost"


AUTOCOMPLETES = sorted(
    (name, field) for name, page in PAGES.items() for field in page.autocomplete_fields
)


@pytest.mark.parametrize(("name", "field"), AUTOCOMPLETES)
def test_forms_offer_only_what_is_in_use(name: str, field: str, owner: Client, demo: None) -> None:
    related = PAGES[name].model._meta.get_field(field).related_model
    gone = related._default_manager.filter(deleted_at=None).order_by("pk").first()
    asked = {"app_label": "sms", "model_name": name, "field_name": field, "term": ""}

    def offered() -> set[str]:
        answer = owner.get(reverse("admin:autocomplete"), asked)
        return {row["id"] for row in answer.json()["results"]}

    assert str(gone.pk) in offered()
    related._default_manager.filter(pk=gone.pk).update(deleted_at=timezone.now())
    assert str(gone.pk) not in offered()
    nul = owner.get(reverse("admin:autocomplete"), {**asked, "term": "\x00"})
    assert nul.json()["results"] == []


def test_warehouses_one_may_not_see_are_offered_nowhere(log_in: LogIn, demo: None) -> None:
    hidden, mine = models.Warehouse.objects.order_by("pk")[:2]
    client = log_in("owner", warehouse_ids=[mine.pk])
    for name, page in PAGES.items():
        if page.resource == "company":
            continue
        for spec in client.get(address(page, "changelist")).context["cl"].filter_specs:
            field = getattr(spec, "field", None)
            if field is not None and field.related_model is models.Warehouse:
                assert [pk for pk, _ in spec.lookup_choices] == [mine.pk], name
        if isinstance(page, CoreAdmin) and may("owner", page, "add"):
            context = client.get(address(page, "add")).context
            form = context["head"] if isinstance(page, DocumentAdmin) else context["adminform"].form
            for field in form.fields.values():
                if getattr(getattr(field, "queryset", None), "model", None) is models.Warehouse:
                    assert hidden not in field.queryset, name
