"""The demo shop: made once, through the use cases, in a ledger that adds up."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Model, Sum

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.purchasing.reorder_ports import SuggestionFilter
from sms_core.purchasing.reordering import ReorderService
from sms_core.shared.paging import PageRequest
from sms_core.stock.audit import AuditService
from sms_core.stock.ports import LevelFilter
from sms_core.stock.services import StockService
from sms_django import models

pytestmark = pytest.mark.django_db


def seed() -> str:
    said = StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


def test_the_shop_has_something_of_everything() -> None:
    assert seed() == "Demo data loaded.\n"
    assert models.Brand.objects.count() == 4
    assert models.Product.objects.count() == 13
    assert models.Variant.objects.count() == 15
    assert models.Category.objects.filter(parent__isnull=False).count() == 4
    assert models.Warehouse.objects.count() == 2
    assert set(models.Posting.objects.values_list("username", flat=True)) == {"System"}
    assert len(set(models.Posting.objects.values_list("request_id", flat=True)) - {""}) == 1


def states(table: type[Model]) -> list[str]:
    """How many documents there are in each state."""
    return sorted(table._default_manager.values_list("state", flat=True))


def test_there_is_work_at_every_desk() -> None:
    seed()
    assert states(models.PurchaseOrder) == ["draft", "partially_received", "placed", "received"]
    assert states(models.SalesOrder) == [
        *("confirmed", "confirmed", "draft", "partially_shipped", "shipped", "shipped")
    ]
    assert states(models.StockTransfer) == ["in_transit"]
    assert states(models.StockCount) == ["counting"]
    assert models.Supplier.objects.count() == models.Customer.objects.count() == 3
    assert models.SupplierItem.objects.count() == 8
    assert models.ReorderRule.objects.count() == 3


def test_somebody_waits_and_something_runs_short() -> None:
    seed()
    owner = system_actor()
    levels = container().get(StockService).levels(LevelFilter(), PageRequest(size=200), by=owner)
    by_code = {(level.variant_code, level.warehouse_code): level for level in levels.items}
    grinder = by_code["GRIND-H", "DEPOT"]
    cups = by_code["CUP-080", "DEPOT"]
    assert cups.on_hand - cups.available == 12  # broken ones in quarantine
    assert (grinder.on_hand, grinder.reserved, grinder.backordered) == (3, 3, 2)
    assert by_code["COF-500", "DEPOT"].on_order == 60
    assert by_code["FILTER-100", "SHOP"].in_transit == 12
    found = (
        container()
        .get(ReorderService)
        .suggestions(SuggestionFilter(), PageRequest(size=200), by=owner)
    )
    short = {(one.variant_code, one.warehouse_code): one for one in found.items if one.is_short}
    assert short["GRIND-H", "DEPOT"].projected == -2
    assert short["GRIND-H", "DEPOT"].packs == 14


def test_the_ledger_behind_it_is_clean() -> None:
    seed()
    assert container().get(AuditService).run(by=system_actor()).is_clean


def test_its_levels_are_the_sum_of_its_entries() -> None:
    seed()
    fields = Sum("quantity"), Sum("value")
    levels = models.Level.objects.aggregate(Sum("on_hand"), Sum("value"))
    entries = models.Entry.objects.aggregate(*fields)
    assert list(levels.values()) == list(entries.values())
    assert levels["on_hand__sum"] > 0


def test_a_second_call_changes_nothing() -> None:
    seed()
    before = models.Product.objects.count(), models.Entry.objects.count()
    assert seed() == "There are products already.\n"
    assert (models.Product.objects.count(), models.Entry.objects.count()) == before
