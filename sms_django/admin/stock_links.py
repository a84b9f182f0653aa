"""Ways from one page of stock to another: every quantity leads to the card that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from sms_core.shared.documents import DocumentRef
from sms_core.stock.picking import plain
from sms_core.stock.postings import Balance, LevelChange
from sms_django import models
from sms_django.admin.base import written

_LINK = '<a href="{}" class="sms-why" title="Why is it this number?">{}</a>'


def card_url(variant_id: int, warehouse_id: int | None = None) -> str:
    """The address of the stock card of a variant, in a warehouse or in all."""
    url = reverse("admin:sms_level_card", args=[variant_id])
    return f"{url}?{urlencode({'warehouse': warehouse_id})}" if warehouse_id else url


def explained(quantity: Decimal, variant_id: int, warehouse_id: int | None = None) -> SafeString:
    """A quantity that leads to the card on which it comes about."""
    return format_html(_LINK, card_url(variant_id, warehouse_id), plain(quantity))


def on_the_way(quantity: Decimal, warehouse_id: int) -> SafeString:
    """What is on its way to a warehouse, which leads to the transfers that bring it."""
    url = reverse("admin:sms_stocktransfer_changelist")
    asked = urlencode({"to_warehouse__id__exact": warehouse_id, "work": "receive"})
    return format_html(_LINK, f"{url}?{asked}", plain(quantity))


def document_link(document: DocumentRef | None, user: Any) -> SafeString | str:
    """The number of a document, with the way to it for those who may see such ones."""
    if document is None:
        return ""
    if not user.has_perm(f"{document.type.value}.view"):
        return document.number
    page = document.type.value.replace("_", "")
    url = reverse(f"admin:sms_{page}_change", args=[document.id])
    return format_html(
        '<a href="{}" class="sms-why whitespace-nowrap">{}</a>', url, document.number
    )


def signed(quantity: Decimal) -> str:
    """A change: +5, -3, or nothing."""
    return f"{'+' if quantity > 0 else ''}{plain(quantity)}" if quantity else ""


def money(value: Decimal | None) -> str:
    """A value with the places it has, at least two; nothing where it may not be seen."""
    return "" if value is None else written(value, money=True)


def changes_shown(changes: Iterable[LevelChange]) -> list[dict[str, Any]]:
    """What an order does to each level, with the names of what it is about."""
    found = list(changes)
    goods = models.Variant.objects.select_related("product").in_bulk(
        [change.key.variant_id for change in found]
    )
    places = models.Warehouse.objects.in_bulk([change.key.warehouse_id for change in found])
    return [
        {
            "code": goods[change.key.variant_id].code,
            "name": goods[change.key.variant_id].product.name,
            "warehouse": str(places[change.key.warehouse_id])
            + (" (on the way)" if change.key.in_transit else ""),
            "url": card_url(change.key.variant_id, change.key.warehouse_id),
            "figures": list(_figures(change.before, change.after)),
        }
        for change in found
    ]


def _figures(before: Balance, after: Balance | None) -> Iterable[dict[str, Any]]:
    for name in ("on_hand", "reserved", "available", "value"):
        write = money if name == "value" else plain
        old = getattr(before, name)
        new = getattr(after, name) if after else None
        if old is not None:
            yield {
                "before": write(old),
                "after": write(new) if new is not None else None,
                "changed": new is not None and new != old,
            }


def local(moment: datetime | None, zone: Any) -> str:
    """A time on the company's clock."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
