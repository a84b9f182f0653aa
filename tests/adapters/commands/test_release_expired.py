"""`release_expired`: promises whose time is over are released once, the others kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from sms_core.stock.commands import ReserveStock
from sms_core.stock.reservations import ReservationService
from sms_django import models
from tests.adapters.shop import SYSTEM, Shop

pytestmark = pytest.mark.django_db


def test_only_what_is_over_is_released_and_only_once() -> None:
    shop = Shop()
    chai = shop.variant("CHAI")
    shop.receive(chai, "10")
    for hours in (1, 2, None):
        at = timezone.now() + timedelta(hours=hours) if hours else None
        order = ReserveStock(
            variant_id=chai, warehouse_id=shop.main.id, quantity=Decimal(3), expires_at=at
        )
        shop.service(ReservationService).reserve(order, by=SYSTEM)
    models.Reservation.objects.filter(expires_at__isnull=False).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )

    assert said() == "Released 2 reservations.\n"
    assert said() == "Released 0 reservations.\n"

    assert models.Level.objects.get().reserved == 3
    (left,) = models.Reservation.objects.filter(open_quantity__gt=0)
    assert left.expires_at is None
    release = models.Posting.objects.get(kind="release")
    assert (release.username, release.entries.count()) == ("System", 2)
    assert release.request_id


def said() -> str:
    out = StringIO()
    call_command("release_expired", stdout=out)
    return out.getvalue()
