"""The demo shop: made once, through the use cases, in a ledger that adds up."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum

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
    kinds = models.Posting.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["issue", "receipt", "receipt"]
    assert set(models.Posting.objects.values_list("username", flat=True)) == {"System"}
    assert len(set(models.Posting.objects.values_list("request_id", flat=True)) - {""}) == 1


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
