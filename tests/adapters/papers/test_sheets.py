"""Papers have a head, a table that goes on from page to page, and can write any name."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from sms_django.papers import typefaces
from sms_django.papers.sheets import Column, Sheet, pdf
from tests.pdf import pages_of, text_of

SHEET = Sheet(
    company="Söhne & Töchter",
    company_lines="12 Canal Road\nTax id DE 123",
    logo=None,
    title="Pick list",
    number="SO-2026-000012",
    columns=(Column("Code", 1), Column("Description", 3), Column("Quantity", 1, right=True)),
    rows=(("CHAI", "Chai", "3 pc"),),
)


def rows(number: int, name: str = "House espresso, beans 500 g") -> list[tuple[str, str, str]]:
    return [(f"CODE-{n}", name, f"{n} pc") for n in range(number)]


def test_the_head_says_who_sends_what() -> None:
    (page,) = pages_of(pdf(SHEET))
    for text in ("Söhne & Töchter", "12 Canal Road", "Tax id DE 123", "Pick list"):
        assert text in page
    assert page[-1] == "Page 1 of 1"
    assert page.count("SO-2026-000012") == 2  # at the head and at the foot


def test_the_number_stands_there_as_a_barcode() -> None:
    bars = pdf(SHEET)
    none = pdf(replace(SHEET, number=""))
    assert len(bars) > len(none) + 200
    assert pdf(SHEET) == bars


def test_every_page_repeats_the_heads_of_the_table_and_counts() -> None:
    pages = pages_of(pdf(replace(SHEET, rows=rows(100))))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert page.count("Quantity") == 1
        assert page[-1] == f"Page {number} of {len(pages)}"
    for page in pages[1:]:
        assert "Pick list SO-2026-000012" in page
    shown = [line for page in pages for line in page if line.startswith("CODE-")]
    assert shown == [f"CODE-{n}" for n in range(100)]


def test_long_texts_wrap_and_no_row_is_torn_apart() -> None:
    name = "word " * 40
    pages = pages_of(pdf(replace(SHEET, rows=rows(60, name))))
    words = sum(line.count("word") for page in pages for line in page)
    assert words == 60 * 40
    for page in pages:
        assert sum(line.count("word") for line in page) % 40 == 0


def test_a_word_without_end_is_broken() -> None:
    lines = typefaces.lines("x" * 120, 100, 8.5)
    assert len(lines) > 1
    assert "".join(lines) == "x" * 120
    assert all(typefaces.width(line, 8.5) <= 100 for line in lines)


def test_remarks_go_on_over_the_pages() -> None:
    notes = "\n".join(f"Remark {n}" for n in range(150))
    pages = pages_of(pdf(replace(SHEET, closing=(("Notes", notes),))))
    assert len(pages) > 2
    assert [x for page in pages for x in page if x.startswith("Remark")] == notes.splitlines()


@pytest.mark.parametrize(
    "name",
    [
        "Côte de Blaye",
        "Gudbrandsdalsost – Jūratė Łódź",
        "Γειά σου Κόσμε",
        "Привет, мир",
        "東京の豆腐",
        "カタカナ ｶﾅ",
        "한국어",
        "שלום",
        "½ € ≤ × ☐",
        "(brackets) \\ and %",
    ],
)
def test_names_of_all_scripts_are_written(name: str) -> None:
    text = text_of(pdf(replace(SHEET, company=name, rows=(("A", name, "1 pc"),))))
    assert text.count(name) == 2


def test_what_no_typeface_has_shows_as_a_question_mark() -> None:
    assert "a\N{REPLACEMENT CHARACTER}b" in text_of(pdf(replace(SHEET, company="a\U0001f9a4b")))


def test_a_picture_stands_at_the_head(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGBA", (300, 100), (200, 0, 0, 128)).save(logo)
    assert b"/Image" in pdf(replace(SHEET, logo=str(logo)))


def test_a_picture_that_is_gone_is_left_out(tmp_path: Path) -> None:
    assert "Pick list" in text_of(pdf(replace(SHEET, logo=str(tmp_path / "gone.png"))))


def test_many_can_print_at_once() -> None:
    """Also the first ones, who load the typefaces."""
    sheets = [
        replace(SHEET, company=name, rows=rows(80, name), number=f"SO-{n}")
        for n, name in enumerate(["Côte de Blaye", "Γραβιέρα", "Пряник", "東京", "Łódź", "한국어"])
    ]
    typefaces._own.cache_clear()
    typefaces._borrowed.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(pdf, sheets * 3))
    assert at_once == [pdf(sheet) for sheet in sheets] * 3


def test_a_thousand_lines_take_no_time() -> None:
    sheet = replace(SHEET, rows=rows(1_000))
    pdf(SHEET)  # the typefaces are read once
    began = time.process_time()
    pdf(sheet)
    assert time.process_time() - began < 2
