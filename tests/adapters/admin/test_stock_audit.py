"""The page on which the ledger is verified."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from sms_django import models
from sms_django.admin import stock_audit
from tests.adapters.admin.conftest import LogIn


@pytest.fixture
def page(db: None) -> str:
    """Its address, in a shop with stock."""
    call_command("seed_demo", verbosity=0)
    return reverse("admin:sms_entry_verify")


def text(client: Client, page: str) -> str:
    return " ".join(client.get(page).content.decode().split())


def test_shows_the_result_and_the_heads_once_somebody_verified(page: str, log_in: LogIn) -> None:
    auditor = log_in("auditor")
    assert "Nobody has verified the ledger yet." in text(auditor, page)
    assert "Every promise of the ledger holds." in str(auditor.post(page, follow=True).content)
    shown = text(auditor, page)
    assert "every promise holds." in shown
    (run,) = models.AuditRun.objects.all()
    assert run.heads
    for head in run.heads:
        assert head["hash"] in shown
        assert head["warehouse"] in shown


def test_names_what_is_wrong(page: str, log_in: LogIn) -> None:
    auditor = log_in("auditor")
    level = models.Level.objects.filter(on_hand__gt=0).order_by("pk")[0]
    models.Level.objects.filter(pk=level.pk).update(value=level.value + 1)
    auditor.post(page)
    shown = text(auditor, page)
    assert "the ledger is wrong." in shown
    assert f"level {level.pk} ({level.variant.code} in {level.warehouse.code}) holds" in shown


def test_is_not_for_clerks(page: str, log_in: LogIn) -> None:
    clerk = log_in("clerk")
    assert clerk.get(page).status_code == 403
    assert clerk.post(page).status_code == 403
    assert not models.AuditRun.objects.exists()


def test_tells_those_who_see_some_warehouses_that_they_cannot(page: str, log_in: LogIn) -> None:
    auditor = log_in("auditor", warehouse_ids=[models.Warehouse.objects.order_by("pk")[0].pk])
    for shown in (auditor.get(page), auditor.post(page)):
        assert "Only those who see all warehouses can verify the ledger." in str(shown.content)
    assert not models.AuditRun.objects.exists()


def test_leaves_a_large_ledger_to_the_command(
    page: str, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_audit, "MOST_ENTRIES", 1)
    owner = log_in("owner")
    assert "Verify now" not in text(owner, page)
    assert "run manage.py verify_ledger instead" in str(owner.post(page, follow=True).content)
    assert not models.AuditRun.objects.exists()
