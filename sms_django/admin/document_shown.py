"""What a page about a document shows: its lines with their figures, its postings, its history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sms_core.shared.documents import Event
from sms_core.stock.kinds import IRREVERSIBLE, Kind
from sms_core.stock.picking import plain
from sms_django import models
from sms_django.admin.stock_forms import worded
from sms_django.admin.stock_links import explained, local, money

_LINK = '<a href="{}" class="sms-why">{}</a>'
# States that are missing are under way.
STATE_COLOURS: Mapping[str, str] = defaultdict(
    lambda: "info",
    {
        "draft": "default",
        "partially_received": "warning",
        "partially_shipped": "warning",
        "to_approve": "warning",
        "received": "success",
        "shipped": "success",
        "posted": "success",
        "closed": "default",
        "cancelled": "danger",
    },
)


class Figure(Enum):
    """How a column of a document's lines is written."""

    TEXT = "text"
    QUANTITY = "quantity"  # leads to the stock card
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"


@dataclass(frozen=True)
class Column:
    """A column of the lines: its head, and where its value is; a path, or what makes it.

    A `cost` is for those who may see costs.
    """

    label: str
    value: str | Callable[[Any], Any]
    figure: Figure = Figure.QUANTITY
    cost: bool = False

    @property
    def is_figure(self) -> bool:
        """Whether it is set to the right."""
        return self.figure is not Figure.TEXT

    def of(self, line: Any) -> Any:
        """The value as it is."""
        return self.value(line) if callable(self.value) else getattr(line, self.value)

    def text(self, line: Any) -> str:
        """The value as people read it."""
        value = self.of(line)
        if value is None:
            return ""
        if self.figure is Figure.TEXT:
            return str(value)
        if self.figure is Figure.MONEY:
            return money(value)
        return plain(value) + (" %" if self.figure is Figure.PERCENT else "")

    def shown(self, line: Any, warehouse_id: int | None) -> SafeString | str:
        """The same; a quantity with the way to the card that explains it."""
        if self.figure is Figure.QUANTITY and self.of(line) is not None:
            return explained(self.of(line), line.variant_id, warehouse_id)
        return self.text(line)


@dataclass(frozen=True)
class Goods:
    """What a line is about, as its page names it; `codes` are what a scanner reads."""

    code: str
    name: str
    codes: tuple[str, ...] = ()
    tracks_lots: bool = False

    @property
    def goods(self) -> SafeString:
        """Its code and, smaller, its name."""
        return format_html('<strong>{}</strong><span class="sms-code">{}</span>', *self.words)

    @property
    def words(self) -> tuple[str, str]:
        """Code and name."""
        return self.code, self.name


def goods_of(variant_ids: Iterable[int], *, scanned: bool = False) -> dict[int, Goods]:
    """The goods with these ids; `scanned` with their barcodes."""
    rows = models.Variant.objects.filter(pk__in=set(variant_ids)).select_related("product")
    codes: dict[int, list[str]] = {}
    if scanned:
        known = models.Barcode.objects.filter(variant__in=set(variant_ids)).order_by("pk")
        for variant_id, code in known.values_list("variant_id", "code"):
            codes.setdefault(variant_id, []).append(code)
    return {
        row.pk: Goods(
            row.code,
            _named(row),
            tuple(codes.get(row.pk, [row.code])),
            tracks_lots=row.product.tracks_lots,
        )
        for row in rows
    }


def _named(row: models.Variant) -> str:
    name = "" if row.name in (row.product.name, row.code) else row.name
    return ", ".join(part for part in (row.product.name, name) if part)


def lines_shown(
    lines: Sequence[Any], columns: Sequence[Column], warehouse_id: int | None
) -> list[dict[str, Any]]:
    """A row of each line: its goods, and a cell per column."""
    goods = goods_of(line.variant_id for line in lines)
    return [
        {
            "goods": goods[line.variant_id].goods,
            "cells": [
                {
                    "label": column.label,
                    "text": column.shown(line, warehouse_id),
                    "figure": column.is_figure,
                }
                for column in columns
            ],
        }
        for line in lines
    ]


def postings_shown(
    postings: Sequence[Any], request: HttpRequest, zone: Any
) -> list[dict[str, Any]]:
    """Each posting with the ways to look at it and to undo it, or to what undid it."""
    undone: dict[int | None, list[Any]] = {}
    for posting in postings:
        undone.setdefault(posting.reverses_id, []).append(posting)
    may = request.user.has_perm("stock.reverse")
    numbers = {posting.id: posting.number for posting in postings}
    return [
        {
            "posting": posting,
            "kind": worded(posting.kind),
            "occurred": local(posting.occurred_at, zone),
            "url": reverse("admin:sms_posting_change", args=[posting.id]),
            "undoes": numbers.get(posting.reverses_id, ""),
            "undone_by": [_posting_link(each) for each in undone.get(posting.id, ())],
            "reverse": reverse("admin:sms_posting_reverse", args=[posting.id])
            if may and Kind(posting.kind) not in IRREVERSIBLE
            else "",
        }
        for posting in postings
    ]


def _posting_link(posting: Any) -> SafeString:
    url = reverse("admin:sms_posting_change", args=[posting.id])
    return format_html(_LINK, url, posting.number)


def events_shown(
    events: Sequence[Event], postings: Sequence[Any], zone: Any
) -> list[dict[str, Any]]:
    """The history, the newest first; its postings lead to their pages."""
    by_number = {posting.number: posting for posting in postings}
    return [
        {
            "at": local(event.at, zone),
            "act": worded(event.act),
            "who": event.username,
            "note": event.note,
            "changes": list(_changes(event)),
            "postings": [
                _posting_link(by_number[number]) if number in by_number else number
                for number in event.postings
            ],
        }
        for event in reversed(events)
    ]


def _changes(event: Event) -> Iterator[dict[str, str]]:
    for field, (before, after) in event.changes.items():
        name = worded(field.removesuffix("_id"))
        yield {"field": name, "before": _said(before), "after": _said(after)}


def _said(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


def state_shown(state: str) -> dict[str, str]:
    """A state in words, and the colour of its label."""
    return {"text": worded(state), "variant": STATE_COLOURS[state]}


def linked(row: Any) -> SafeString | str:
    """The name of a row with the way to its page, if it has one."""
    if row is None:
        return ""
    page = admin.site._registry.get(type(row))
    if page is None:
        return str(row)
    url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[row.pk])
    return format_html(_LINK, url, row)
