from decimal import Decimal

import pytest

from sms_core.shared.errors import Invalid, RuleBroken
from sms_core.shared.numbers import QUANTITY_LIMIT, exact
from sms_core.shared.text import fold, search_text, tidy, tidy_optional, tidy_text


def test_a_name_is_trimmed_and_composed() -> None:
    assert tidy("  Cafe\u0301 ", "name") == "Café"


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "a\nb", "\ud800", "x" * 121, "a\u200bb"])
def test_a_name_that_cannot_be_printed_on_one_line_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        tidy(name, "name")
    assert refusal.value.pointer == "/name"


def test_a_name_may_have_120_characters() -> None:
    assert tidy("x" * 120, "name") == "x" * 120


def test_a_text_may_be_empty_and_have_lines_but_no_control_characters() -> None:
    assert tidy_text("", "description") == ""
    assert tidy_text("one\ntwo", "description") == "one\ntwo"
    with pytest.raises(Invalid):
        tidy_text("a\x00b", "description")


@pytest.mark.parametrize(
    ("one", "other"),
    [("ACME", "acme"), ("Straße", "STRASSE"), ("ﬁn", "FIN"), ("ΣΊΣΥΦΟΣ", "σίσυφος")],
)
def test_names_that_differ_only_in_case_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_search_does_not_match_across_two_fields() -> None:
    assert fold("a b") not in search_text("a", "b")


@pytest.mark.parametrize("value", ["11", "11.0000", "1.1E+1", "-3"])
def test_trailing_zeros_do_not_count_as_places(value: str) -> None:
    assert exact(Decimal(value), places=0, limit=QUANTITY_LIMIT, field="quantity") == Decimal(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [("0.5", "too_fine"), ("1E+12", "too_large"), ("-1E+12", "too_large"), ("NaN", "too_large")],
)
def test_a_number_is_refused_rather_than_rounded(value: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        exact(Decimal(value), places=0, limit=QUANTITY_LIMIT, field="lines/2/quantity")
    assert (refusal.value.code, refusal.value.pointer) == (code, "/lines/2/quantity")


def test_a_name_that_grows_too_long_when_folded_is_refused() -> None:
    assert tidy("ß" * 120, "name") == "ß" * 120

    for tidied in (tidy, tidy_optional):
        with pytest.raises(Invalid) as refusal:
            tidied("\ufdfa" * 120, "name")
        assert (refusal.value.code, refusal.value.pointer) == ("max_length", "/name")
