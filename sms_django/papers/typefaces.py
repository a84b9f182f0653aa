"""Setting text in any script: how wide it is, where lines break, which typeface has a letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).resolve().parent / "fonts"
REGULAR, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Readers of PDF bring the East Asian typefaces themselves; these are the names they go by.
EAST_ASIAN = (
    (("CJK", "IDEOGRAPHIC", "FULLWIDTH"), "STSong-Light"),
    (("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"), "HeiseiKakuGo-W5"),
    (("HANGUL",), "HYSMyeongJo-Medium"),
)
_loading = Lock()

Run = tuple[str, str]  # the name of a typeface, and the text set in it


@cache
def _own(name: str) -> frozenset[int]:
    """The letters of a typeface of ours, which is made known to reportlab."""
    with _loading:
        # Whoever draws at the moment goes on with the one that is known already.
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, FOLDER / f"{name}.ttf"))
    return frozenset(pdfmetrics.getFont(name).face.charToGlyph)


@cache
def _borrowed(name: str) -> str:
    with _loading:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


@lru_cache(maxsize=4096)
def _letter(letter: str, typeface: str) -> Run:
    """The typeface that has this letter, and what is printed for it."""
    if ord(letter) in _own(typeface):
        return typeface, letter
    if ord(letter) <= 0xFFFF:
        name = unicodedata.name(letter, "")
        for prefixes, borrowed in EAST_ASIAN:
            if name.startswith(prefixes):
                return _borrowed(borrowed), letter
    return typeface, UNKNOWN


def runs(text: str, *, bold: bool = False) -> Iterator[Run]:
    """The text in pieces of one typeface each; a letter that none has shows as a question mark."""
    typeface = BOLD if bold else REGULAR
    letters = (_letter(letter, typeface) for letter in unicodedata.normalize("NFC", text))
    for name, pieces in groupby(letters, key=lambda run: run[0]):
        yield name, "".join(piece for _, piece in pieces)


@lru_cache(maxsize=16384)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide the text is when it is set, in points."""
    return sum(pdfmetrics.stringWidth(run, name, size) for name, run in runs(text, bold=bold))


def lines(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in lines that fit into `room`; a word that is too long alone is broken."""
    found: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if width(longer, size, bold=bold) <= room:
                line = longer
                continue
            if line:
                found.append(line)
            *full, line = _broken(word, room, size, bold)
            found += full
        found.append(line)
    return found


def _broken(word: str, room: float, size: float, bold: bool) -> list[str]:
    """The word in pieces that fit; mostly it is one."""
    pieces = [""]
    if width(word, size, bold=bold) <= room:
        return [word]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces
