"""The page on which a business starts: what there is, typed or pasted from a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from sms_core.stock import commands
from sms_core.stock.kinds import Kind
from sms_core.stock.postings import MAX_LINES
from sms_core.stock.services import StockService
from sms_django.admin.base import widgets
from sms_django.admin.stock_forms import ROWS
from sms_django.admin.stock_movements import MovementView
from sms_django.admin.stock_order_forms import PlacedForm, ReceivedLineForm

COLUMNS = ("variant", "location", "lot", "expires_on", "quantity", "unit_cost")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")


class OpeningForm(PlacedForm):
    """The head of opening balances, and a place to paste them into."""

    pasted = forms.CharField(
        label="Paste from a spreadsheet",
        required=False,
        help_text=(
            "Columns: code, location, lot, expiry, quantity, cost; a row of headings may stand on "
            "top. The rows appear below, with all that is wrong; nothing is posted yet."
        ),
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
    )


class OpenView(MovementView):
    """What was there before anybody kept books about it."""

    title, verb, kind = "Opening balances", "Open", Kind.OPENING
    permission_required = ("stock.open",)
    head_form, line_form = OpeningForm, ReceivedLineForm
    order, line_order = commands.OpenStock, commands.ReceivedLine
    use_case = StockService.open

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("pasted", "").strip():
            return self._take_over(request.POST)
        return super().post(request, *args, **kwargs)

    def _take_over(self, data: Any) -> HttpResponse:
        """Make lines of what was pasted, and try them: what is wrong is seen before it counts."""
        try:
            rows = list(rows_of(data["pasted"]))
            wrong = self._unfit(rows)
        except csv.Error as error:
            wrong = f"This cannot be read as rows: {error}."
        if wrong:
            head = self._head(data)
            head.add_error("pasted", wrong)
            return self._page(head, self._lines(data))
        filled = data.copy()
        filled["pasted"] = ""
        for name in [name for name in filled if name.startswith("lines-")]:
            del filled[name]
        filled["lines-TOTAL_FORMS"] = str(min(len(rows) + ROWS, MAX_LINES))
        filled["lines-INITIAL_FORMS"] = "0"
        for number, row in enumerate(rows):
            for name, cell in zip(COLUMNS, row, strict=False):
                filled[f"lines-{number}-{name}"] = cell
        head, lines = self._head(filled), self._lines(filled)
        if not all([head.is_valid(), lines.is_valid()]):
            return self._page(head, lines)
        return self.act(head, lines, tries=True)

    def _unfit(self, rows: list[list[str]]) -> str | None:
        """What keeps these rows from being taken over at all."""
        if len(rows) > MAX_LINES:
            return f"At most {MAX_LINES} rows at a time; these are {len(rows)}."
        for number, row in enumerate(rows, 1):
            if len(row) > len(COLUMNS):
                return f"Row {number} has {len(row)} columns instead of {len(COLUMNS)}."
            if len(row) == len(COLUMNS) and row[-1] and not self.shows_costs:
                return f"Row {number} has a cost, and you may not enter costs."
        return None


def rows_of(pasted: str) -> Iterator[list[str]]:
    """The cells of the rows, without a row of headings and without blank rows."""
    delimiter = "\t" if "\t" in pasted else ";"
    read = csv.reader(StringIO(pasted, newline=""), delimiter=delimiter)
    rows = [[cell.strip() for cell in row] for row in read]
    filled = [row for row in rows if any(row)]
    for number, row in enumerate(filled):
        if number or not _is_heading(row):
            yield _tidy(row)


def _is_heading(row: list[str]) -> bool:
    return len(row) > 4 and bool(row[4]) and not any(sign.isdigit() for sign in row[4])


def _tidy(row: list[str]) -> list[str]:
    cells = list(row)
    while len(cells) > len(COLUMNS) and not cells[-1]:
        cells.pop()  # spreadsheets like to add empty columns
    for at, tidy in ((3, _day), (4, _number), (5, _number)):
        if at < len(cells):
            cells[at] = tidy(cells[at])
    return cells


def _number(cell: str) -> str:
    """A decimal comma as a point; 1,234 may mean two things and stays to be refused."""
    compact = cell.replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if _DECIMAL_COMMA.fullmatch(compact) and not _THOUSANDS.fullmatch(compact):
        return compact.replace(",", ".")
    return compact


def _day(cell: str) -> str:
    """31.1.2027 as 2027-01-31."""
    if not _DAY.fullmatch(cell):
        return cell
    try:
        return f"{datetime.strptime(cell, '%d.%m.%Y').date():%Y-%m-%d}"  # noqa: DTZ007 (a day)
    except ValueError:
        return cell
