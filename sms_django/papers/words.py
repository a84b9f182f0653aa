"""How numbers, days and names are written on papers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from sms_core.company.entities import Company
from sms_core.papers.views import GoodsRow, Item, Paper, Party
from sms_core.stock.picking import plain


def quantity(number: Decimal, item: Item) -> str:
    """So much, in the unit of the item."""
    return f"{plain(number)} {item.unit}"


def packs(number: Decimal, size: Decimal, item: Item) -> str:
    """So many purchase units; what each holds where it is more than one."""
    if size == 1:
        return quantity(number, item)
    return f"{plain(number)} × {plain(size)} {item.unit}"


def money(amount: Decimal | None, company: Company) -> str:
    """An amount with the places of the currency, or more where it has more; unknown: nothing."""
    if amount is None:
        return ""
    places = len(plain(amount).partition(".")[2])
    return f"{amount:,.{max(places, company.currency_places)}f}"


def percent(rate: Decimal) -> str:
    """A rate; none is not worth a word."""
    return f"{plain(rate)} %" if rate else ""


def day(at: date | datetime | None, company: Company) -> str:
    """A day of the company's."""
    if isinstance(at, datetime):
        at = at.astimezone(ZoneInfo(company.time_zone)).date()
    return f"{at.day} {at:%b %Y}" if at else ""


def lot(code: str | None, expires_on: date | None, company: Company) -> str:
    """A lot, and how long it may be used."""
    until = f"\nuse by {day(expires_on, company)}" if expires_on else ""
    return f"{code or ''}{until}"


def site(paper: Paper) -> str:
    """Where goods come from or go to."""
    return f"{paper.warehouse.name}\n{paper.warehouse.address}".strip()


def party(one: Party) -> str:
    """To whom a paper is addressed."""
    tax = f"Tax id {one.tax_id}" if one.tax_id else ""
    return "\n".join(part for part in (one.name, one.address, tax) if part)


def listed(rows: tuple[GoodsRow, ...]) -> str:
    """Goods one below the other."""
    return "\n".join(f"{quantity(r.quantity, r.item)}  {r.item.code}  {r.item.name}" for r in rows)


def given(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Those of them that say something."""
    return tuple((label, text) for label, text in pairs if text)


def head(paper: Paper) -> dict[str, Any]:
    """What each paper says of who prints it."""
    company = paper.company
    tax = f"Tax id {company.tax_id}" if company.tax_id else ""
    return {
        "company": company.name,
        "company_lines": "\n".join(part for part in (company.address, tax) if part),
        "logo": f"{settings.MEDIA_ROOT}/{company.logo}" if company.logo else None,
    }
