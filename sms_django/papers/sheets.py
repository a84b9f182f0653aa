"""A paper on A4 pages: the company's head, who and what it is about, a table, its end, a foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from sms_django.papers import typefaces

WIDTH, HEIGHT = A4
MARGIN = 42.0
LEFT, RIGHT, TOP, BOTTOM = MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN, MARGIN + 22
ROOM = RIGHT - LEFT
MIDDLE = LEFT + ROOM * 0.55
TEXT, SMALL = 8.5, 7.0
LEADING = 1.3
PADDING = 3.0
LOGO = (150.0, 46.0)
BARCODE = 26.0
GREY = 0.45

Drawing = Callable[[Canvas], object]
Labelled = tuple[str, str]


@dataclass(frozen=True)
class Style:
    """How a text is set."""

    size: float = TEXT
    bold: bool = False
    grey: float = 0.0


PLAIN, STRONG, QUIET = Style(), Style(bold=True), Style(grey=GREY)
LABEL, NAME, TITLE = Style(SMALL, grey=GREY), Style(11.0, bold=True), Style(17.0, bold=True)


@dataclass(frozen=True)
class Column:
    """A column of the table, so many parts of its width; figures stand at its right."""

    title: str
    parts: float
    right: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a paper says. `blocks` are addresses, `facts` stand beside them, `totals` and `closing`
    below the table, and lines to sign on at the end."""

    company: str
    company_lines: str
    logo: str | None
    title: str
    number: str
    blocks: Sequence[Labelled] = ()
    facts: Sequence[Labelled] = ()
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Labelled] = ()
    closing: Sequence[Labelled] = ()
    signatures: Sequence[str] = ()


@dataclass
class _Pages:
    """The drawings of each page, and how far down the last one is filled."""

    sheet: Sheet
    pages: list[list[Drawing]] = field(default_factory=list)
    y: float = 0.0

    def draw(self, drawing: Drawing) -> None:
        self.pages[-1].append(drawing)

    def text(
        self, text: str, x: float, y: float, style: Style = PLAIN, *, right: bool = False
    ) -> None:
        """Set one line; at the right of `x` if that is where it ends."""
        if text:
            self.draw(partial(_set, text=text, x=x, y=y, style=style, right=right))

    def column(self, text: str, x: float, y: float, room: float, style: Style = PLAIN) -> float:
        """Set a text of several lines from `y` downwards; gives where it ends."""
        for line in typefaces.lines(text, room, style.size, bold=style.bold):
            y -= style.size * LEADING
            self.text(line, x, y, style)
        return y

    def rule(self, y: float, *, grey: float = 0.75) -> None:
        """A thin line across the page."""
        self.draw(partial(_rule, y=y, grey=grey))


def pdf(sheet: Sheet) -> bytes:
    """The paper as a PDF of as many pages as it takes."""
    pages = _Pages(sheet)
    _first_head(pages)
    _table(pages)
    _end(pages)
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    canvas.setTitle(f"{sheet.title} {sheet.number}")
    canvas.setAuthor(sheet.company)
    for number, drawings in enumerate(pages.pages, start=1):
        for drawing in drawings:
            drawing(canvas)
        foot = f"Page {number} of {len(pages.pages)}"
        _set(canvas, sheet.number, LEFT, MARGIN, LABEL)
        _set(canvas, foot, RIGHT, MARGIN, LABEL, right=True)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _first_head(pages: _Pages) -> None:
    """Who sends the paper, what it is, to whom it goes and what else matters."""
    sheet = pages.sheet
    pages.pages.append([])
    y = TOP
    if sheet.logo and (size := _fitted(sheet.logo)):
        pages.draw(partial(_picture, path=sheet.logo, y=TOP - size[1], size=size))
        y -= size[1] + 4
    y = pages.column(sheet.company, LEFT, y, MIDDLE - LEFT - 12, NAME)
    y = pages.column(sheet.company_lines, LEFT, y, MIDDLE - LEFT - 12, QUIET)
    right = pages.column(sheet.title, MIDDLE, TOP, RIGHT - MIDDLE, TITLE)
    right = pages.column(sheet.number, MIDDLE, right - 2, RIGHT - MIDDLE, Style(11.0))
    if sheet.number:
        right -= BARCODE + 6
        pages.draw(partial(_barcode, text=sheet.number, y=right))
    pages.y = min(y, right) - 14
    _blocks(pages)


def _blocks(pages: _Pages) -> None:
    top = pages.y
    y = top
    for label, text in pages.sheet.blocks:
        y = pages.column(label, LEFT, y, MIDDLE - LEFT - 12, LABEL)
        y = pages.column(text, LEFT, y, MIDDLE - LEFT - 12) - 6
    right = top
    for label, text in pages.sheet.facts:
        pages.text(label, MIDDLE, right - SMALL * LEADING - 1.5, LABEL)
        right = pages.column(text, MIDDLE + 76, right, RIGHT - MIDDLE - 76)
    pages.y = min(y, right) - 12


def _next_page(pages: _Pages) -> None:
    sheet = pages.sheet
    pages.pages.append([])
    baseline = TOP - TEXT * LEADING
    pages.text(sheet.company, LEFT, baseline, QUIET)
    pages.text(f"{sheet.title} {sheet.number}", RIGHT, baseline, STRONG, right=True)
    pages.y = baseline - 12


def _table(pages: _Pages) -> None:
    """The rows, under heads that every page repeats; a row is never torn apart."""
    columns = pages.sheet.columns
    whole = sum(column.parts for column in columns)
    rooms = [ROOM * column.parts / whole - 2 * PADDING for column in columns]
    _heads(pages, rooms)
    for row in pages.sheet.rows:
        cells = [typefaces.lines(text, room, TEXT) for text, room in zip(row, rooms, strict=True)]
        height = max(len(cell) for cell in cells) * TEXT * LEADING + 2 * PADDING
        if pages.y - height < BOTTOM:
            _next_page(pages)
            _heads(pages, rooms)
        _cells(pages, cells, rooms, PLAIN)
        pages.y -= height
        pages.rule(pages.y)


def _heads(pages: _Pages, rooms: Sequence[float]) -> None:
    titles = [column.title for column in pages.sheet.columns]
    cells = [typefaces.lines(t, r, TEXT, bold=True) for t, r in zip(titles, rooms, strict=True)]
    _cells(pages, cells, rooms, STRONG)
    pages.y -= max(len(cell) for cell in cells) * TEXT * LEADING + 2 * PADDING
    pages.rule(pages.y, grey=0)


def _cells(
    pages: _Pages, cells: Sequence[Sequence[str]], rooms: Sequence[float], style: Style
) -> None:
    x = LEFT
    for column, cell, room in zip(pages.sheet.columns, cells, rooms, strict=True):
        at = x + PADDING + (room if column.right else 0)
        for number, line in enumerate(cell, start=1):
            y = pages.y - PADDING - number * TEXT * LEADING + 1.5
            pages.text(line, at, y, style, right=column.right)
        x += room + 2 * PADDING


def _end(pages: _Pages) -> None:
    """Totals at the right, remarks over the whole width, and where to sign."""
    sheet = pages.sheet
    for label, text in sheet.totals:
        _make_room(pages, TEXT * LEADING + 3)
        pages.y -= TEXT * LEADING + 3
        style = STRONG if (label, text) == sheet.totals[-1] else PLAIN
        pages.text(label, RIGHT - 90, pages.y, style, right=True)
        pages.text(text, RIGHT - PADDING, pages.y, style, right=True)
    for label, text in sheet.closing:
        pages.y -= 10
        _make_room(pages, 2 * TEXT * LEADING)
        pages.y = pages.column(label, LEFT, pages.y, ROOM, LABEL)
        for line in typefaces.lines(text, ROOM, TEXT):
            _make_room(pages, TEXT * LEADING)
            pages.y -= TEXT * LEADING
            pages.text(line, LEFT, pages.y)
    if sheet.signatures:
        _make_room(pages, 60)
        pages.y -= 46
        share = ROOM / len(sheet.signatures)
        for number, label in enumerate(sheet.signatures):
            x = LEFT + number * share
            pages.draw(partial(_line_to_sign, x=x, y=pages.y, room=share - 24))
            pages.text(label, x, pages.y - SMALL * LEADING - 1, LABEL)


def _make_room(pages: _Pages, height: float) -> None:
    if pages.y - height < BOTTOM:
        _next_page(pages)


def _fitted(path: str) -> tuple[float, float] | None:
    """How large a picture is drawn; None where there is none that can be read."""
    try:
        wide, high = ImageReader(path).getSize()
    except OSError:
        return None
    scale = min(LOGO[0] / wide, LOGO[1] / high)
    return wide * scale, high * scale


def _set(
    canvas: Canvas, text: str, x: float, y: float, style: Style, *, right: bool = False
) -> None:
    left = x - typefaces.width(text, style.size, bold=style.bold) if right else x
    line = canvas.beginText(left, y)
    line.setFillGray(style.grey)
    for name, run in typefaces.runs(text, bold=style.bold):
        line.setFont(name, style.size)
        line.textOut(run)
    canvas.drawText(line)


def _rule(canvas: Canvas, y: float, grey: float) -> None:
    canvas.setStrokeGray(grey)
    canvas.setLineWidth(0.5)
    canvas.line(LEFT, y, RIGHT, y)


def _line_to_sign(canvas: Canvas, x: float, y: float, room: float) -> None:
    canvas.setStrokeGray(0)
    canvas.setLineWidth(0.5)
    canvas.line(x, y, x + room, y)


def _picture(canvas: Canvas, path: str, y: float, size: tuple[float, float]) -> None:
    canvas.drawImage(path, LEFT, y, *size, mask="auto")


def _barcode(canvas: Canvas, text: str, y: float) -> None:
    bars = Code128(text, barHeight=BARCODE, barWidth=0.95, quiet=False)
    bars.drawOn(canvas, MIDDLE, y)
