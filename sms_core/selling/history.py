"""What the history of an order says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sms_core.selling.orders import SalesLine, SalesOrder
from sms_core.shared.documents import Event
from sms_core.shared.entities import Actor
from sms_core.stock.picking import plain

_FIELDS = (
    *("customer_name", "warehouse_id", "reference", "ordered_at", "promised_at"),
    *("priority", "ship_to", "notes"),
)

Changes = Mapping[str, tuple[Any, Any]]


def event(act: str, at: datetime, by: Actor, postings: Iterable[str]) -> Event:
    """What happened to an order without anybody asking for it."""
    return Event(
        act=act,
        at=at,
        user_id=by.user_id,
        username=by.username,
        request_id=by.request_id,
        postings=tuple(postings),
    )


def changes(before: SalesOrder, after: SalesOrder) -> Changes:
    """What is different, by field and by line: what stood there before, and what now."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in _FIELDS:
        was, is_now = _text(getattr(before, name)), _text(getattr(after, name))
        if was != is_now:
            found[name] = (was, is_now)
    lines = {line.id: line for line in before.lines}
    wanted = {line.id: line for line in after.lines}
    for id in sorted(lines.keys() | wanted.keys()):
        line = wanted.get(id) or lines[id]
        was, is_now = _words(lines.get(id)), _words(wanted.get(id))
        if was != is_now:
            found[f"line {id} ({line.code})"] = (was, is_now)
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _words(line: SalesLine | None) -> str | None:
    if line is None:
        return None
    terms = line.terms
    discount = f", {plain(terms.discount_percent)}% off" if terms.discount_percent else ""
    return (
        f"{plain(line.quantity)} {line.code} at {plain(terms.unit_price)}{discount}, "
        f"{plain(terms.tax_rate)}% tax {terms.tax_method.value}"
    )
