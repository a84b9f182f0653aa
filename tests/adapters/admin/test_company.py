"""The company's page in the back office."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sms_django import models
from tests.adapters.admin.conftest import LogIn

pytestmark = pytest.mark.django_db
PAGE = "/admin/sms/company/1/change/"


def typed(**changes: Any) -> dict[str, Any]:
    row = models.Company.objects.get()
    return {
        "version": row.version,
        "name": row.name,
        "currency": row.currency,
        "currency_places": row.currency_places,
        "time_zone": row.time_zone,
        "serves_backorders": "on",
        "over_receipt_percent": row.over_receipt_percent,
        **changes,
    }


def test_the_list_of_companies_is_the_page_of_the_one(owner: Client) -> None:
    answer = owner.get(reverse("admin:sms_company_changelist"))

    assert (answer.status_code, answer["Location"]) == (302, PAGE)


def test_the_owner_changes_the_company(owner: Client) -> None:
    changes = {"name": "Acme", "time_zone": "Europe/Paris", "large_adjustment_value": "12.5"}

    assert owner.post(PAGE, typed(**changes)).status_code == 302

    row = models.Company.objects.get()
    assert (row.name, row.time_zone, str(row.large_adjustment_value)) == (
        "Acme",
        "Europe/Paris",
        "12.5000",
    )


def test_the_owner_says_how_orders_and_counts_are_handled(owner: Client) -> None:
    changes = {"serves_backorders": "", "over_receipt_percent": "5", "count_approval_value": "50"}

    assert owner.post(PAGE, typed(**changes)).status_code == 302

    row = models.Company.objects.get()
    assert (row.serves_backorders, row.over_receipt_percent) == (False, 5)
    assert str(row.count_approval_value) == "50.0000"


def test_a_refusal_of_the_core_stands_beside_its_field(owner: Client) -> None:
    answer = owner.post(PAGE, typed(name="Acme", large_adjustment_value="-1"))

    assert "large_adjustment_value" in answer.context["adminform"].form.errors
    assert 'value="Acme"' in answer.content.decode()
    assert models.Company.objects.get().name != "Acme"


def test_the_clerk_looks_and_changes_nothing(log_in: LogIn) -> None:
    clerk = log_in("clerk")

    assert clerk.get(PAGE).status_code == 200
    assert clerk.post(PAGE, typed(name="Mine")).status_code == 403
    assert models.Company.objects.get().name != "Mine"


def test_no_company_is_added_or_archived(owner: Client) -> None:
    assert owner.get(reverse("admin:sms_company_add")).status_code == 403
    assert owner.get(reverse("admin:sms_company_delete", args=[1])).status_code == 403
