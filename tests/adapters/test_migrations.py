"""Migrations lead up, down and up again, with rows in every table."""

import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.stock.audit import AuditService
from sms_core.stock.closing import PeriodService
from sms_core.stock.commands import ClosePeriod, ReserveStock
from sms_core.stock.reservations import ReservationService
from sms_django import append_only

PASSWORD = "correct horse battery staple"


@pytest.fixture
def migrated_again() -> Iterator[None]:
    """Leave the database as the other tests expect it, whatever happens here."""
    yield
    call_command("migrate", verbosity=0)


def fill_every_table() -> None:
    """Use the application until no table of ours is empty."""
    call_command("seed_demo", verbosity=0)
    get_user_model().objects.create_superuser("anna", password=PASSWORD)
    client = Client()
    log_in = {"username": "anna", "password": PASSWORD}
    client.post("/api/v1/auth/token/", {**log_in, "password": "wrong"}, "application/json")
    token = client.post("/api/v1/auth/token/", log_in, "application/json").json()["access"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    level = client.get("/api/v1/stock/levels/", headers=headers).json()["results"][0]
    receipt = {
        "warehouse_id": level["warehouse_id"],
        "lines": [{"variant_id": level["variant_id"], "quantity": "1"}],
    }
    client.post("/api/v1/stock/receipts/", receipt, "application/json", headers=headers)
    client.post("/api/v1/auth/token/", {**log_in, "password": "wrong again"}, "application/json")
    promise_close_and_verify(level["variant_id"], level["warehouse_id"])


def promise_close_and_verify(variant_id: int, warehouse_id: int) -> None:
    by = system_actor()
    ours = container()
    order = ReserveStock(variant_id=variant_id, warehouse_id=warehouse_id, quantity=Decimal(1))
    ours.get(ReservationService).reserve(order, by=by)
    ours.get(PeriodService).close(ClosePeriod(closed_until=date(2020, 1, 31)), by=by)
    assert ours.get(AuditService).run(by=by).is_clean


def empty_tables() -> set[str]:
    ours = set(apps.get_app_config("sms").get_models(include_auto_created=True))
    # Where the database has sequences, no table stands in for them.
    unused = {"SerialNumber"} if connection.vendor == "postgresql" else set()
    return {m.__name__ for m in ours if not m.objects.exists()} - unused


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("migrated_again")
def test_migrations_go_up_and_down_and_up_again_with_rows_in_every_table() -> None:
    fill_every_table()
    assert empty_tables() == set()

    call_command("migrate", "sms", "zero", verbosity=0)

    left = {t for t in connection.introspection.table_names() if t.startswith("sms_")}
    assert left == set()

    call_command("migrate", verbosity=0)

    assert append_only.missing(connection) == []
    fill_every_table()
    assert empty_tables() == set()
