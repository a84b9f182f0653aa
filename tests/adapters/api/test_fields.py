"""What each kind of field takes and gives: exactly this and nothing like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from sms_core.shared.paging import ListFilter, Order
from sms_django.api import filters
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    CodesField,
    DateField,
    DateTimeField,
    IdField,
    IdsField,
    IntegerField,
    PriceField,
    QuantityField,
    RateField,
)
from sms_django.api.pagination import PagePagination


class Colour(Enum):
    RED = "red"
    DARK_BLUE = "dark_blue"


def read(field: Any, value: Any, *, form: bool = False) -> Any:
    kind = type("One", (serializers.Serializer,), {"x": field})
    data: Any = {"x": value}
    if form:
        data = QueryDict(mutable=True)
        data["x"] = value
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data["x"]


@pytest.mark.parametrize("value", [0, 1, -1, 2**63 - 1])
def test_integers_are_json_integers(value: int) -> None:
    assert read(IntegerField(), value) == value


@pytest.mark.parametrize(
    "value", ["1", 1.0, 1.5, True, False, None, [], {}, 2**63, -(2**63), 10**100]
)
def test_what_is_like_an_integer_is_none(value: Any) -> None:
    with pytest.raises(ValidationError):
        read(IntegerField(), value)


def test_in_a_form_an_integer_is_text() -> None:
    assert read(IntegerField(), " 12", form=True) == 12
    for text in ("1.0", "1e3", "+1", "0x1", "١", "1_000", ""):
        with pytest.raises(ValidationError):
            read(IntegerField(), text, form=True)


@pytest.mark.parametrize("value", [0, -5])
def test_an_id_is_positive(value: int) -> None:
    with pytest.raises(ValidationError):
        read(IdField(), value)


@pytest.mark.parametrize("value", [1, 0, "true", "false", "on", None, [], {}])
def test_a_boolean_is_true_or_false(value: Any) -> None:
    assert read(BooleanField(), True) is True
    assert read(BooleanField(), False) is False
    with pytest.raises(ValidationError):
        read(BooleanField(), value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12.50", "12.5"),
        ("-0.0001", "-0.0001"),
        ("007", "7"),
        ("999999999999.9999", "999999999999.9999"),
        (7, "7"),
        (-7, "-7"),
        ("-0", "0"),
        ("1." + "0" * 500, "1"),
    ],
)
def test_a_decimal_is_plain_text_or_a_json_integer(value: Any, number: str) -> None:
    found = read(QuantityField(), value)

    assert found == Decimal(number)
    assert str(found) == number


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        1.0,
        True,
        None,
        "",
        " 1",
        "1 ",
        "+1",
        "1e3",
        "1E-2",
        "1_000",
        "1,5",
        ".5",
        "5.",
        "0x1",
        "NaN",
        "Infinity",
        "-",
        "١",
        "1\n",
        "1\x00",
        "1234567890123",
        10**12,
        "0." + "1" * 60,
        [],
        {},
    ],
)
def test_what_is_like_a_decimal_is_none(value: Any) -> None:
    with pytest.raises(ValidationError):
        read(QuantityField(), value)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (QuantityField(), Decimal("1E+3"), "1000.0000"),
        (QuantityField(), Decimal("1E-4"), "0.0001"),
        (PriceField(), Decimal("-2.5"), "-2.5000"),
        (PriceField(), Decimal("99999999999999.9999"), "99999999999999.9999"),
        (RateField(), Decimal(20), "20.00"),
        (PriceField(), 0, "0.0000"),
    ],
)
def test_decimals_go_out_in_plain_notation_with_fixed_places(
    field: Any, value: Any, text: str
) -> None:
    assert field.to_representation(value) == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5+01:30", datetime(2026, 1, 31, 10, 30, 0, 500_000, UTC)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, UTC)),
    ],
)
def test_a_time_has_its_offset_and_is_kept_in_utc(text: str, moment: datetime) -> None:
    found = read(DateTimeField(), text)

    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T12:00:00",
        "2026-01-31",
        "2026-02-30T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:60Z",
        "2026-W05-6T12:00:00Z",
        "20260131T120000Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-01-31T12:00:00 Europe/Paris",
        "٢026-01-31T12:00:00Z",
        "now",
        "",
        1_769_860_800,
        True,
        None,
    ],
)
def test_any_other_time_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        read(DateTimeField(), value)


def test_times_go_out_in_utc_with_a_z() -> None:
    moment = datetime(2026, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))
    assert DateTimeField().to_representation(moment) == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize(
    "value", ["2026-2-3", "20260203", "2026-02-30", "2026-02-03T00:00:00Z", 20260203, None, ""]
)
def test_a_date_is_a_calendar_day(value: Any) -> None:
    assert read(DateField(), "2026-02-03") == date(2026, 2, 3)
    with pytest.raises(ValidationError):
        read(DateField(), value)


@pytest.mark.parametrize("value", ["RED", "Red", "dark blue", "", 1, True, None, ["red"], {}])
def test_a_choice_is_one_of_its_values(value: Any) -> None:
    assert read(ChoiceField(Colour), "dark_blue") is Colour.DARK_BLUE
    with pytest.raises(ValidationError):
        read(ChoiceField(Colour), value)


def test_lists_hold_each_value_once() -> None:
    assert read(IdsField(), [3, 1, 3]) == (3, 1)
    assert read(CodesField(), ["a", " a ", "b"]) == ("a", "b")
    assert read(IdsField(), "3, 1 3", form=True) == (3, 1)
    assert read(IdsField(allow_null=True), "", form=True) is None


@dataclass(frozen=True, kw_only=True)
class ThingFilter(ListFilter):
    """A list's filter with one of each."""

    variant_id: int
    colour: Colour | None = None
    is_active: bool | None = None
    since: datetime | None = None
    on: date | None = None
    warehouse_ids: frozenset[int] | None = None


class Things:
    """A view, as far as its query string goes."""

    list_filter = ThingFilter
    sort = Colour

    def other_parameters(self) -> frozenset[str]:
        return PagePagination.parameters

    def withheld_orders(self) -> frozenset[str]:
        return frozenset({"red"})


def asked(query: dict[str, str]) -> ThingFilter:
    request = Request(APIRequestFactory().get("/api/v1/things/", query))
    found: ThingFilter = filters.read(Things(), request)
    return found


def test_a_query_string_becomes_the_filter_of_the_list() -> None:
    found = asked(
        {
            "variant_id": "7",
            "colour": "red",
            "is_active": "false",
            "since": "2026-01-31T12:00:00Z",
            "on": "2026-02-03",
            "search": " x ",
            "ordering": "-dark_blue",
            "page": "2",
            "format": "json",
        }
    )

    assert found == ThingFilter(
        variant_id=7,
        colour=Colour.RED,
        is_active=False,
        since=datetime(2026, 1, 31, 12, tzinfo=UTC),
        on=date(2026, 2, 3),
        search="x",
        order=(Order(Colour.DARK_BLUE, descending=True),),
    )


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"variant_id": ""},
        {"variant_id": "x"},
        {"variant_id": "0"},
        {"variant_id": "7", "colour": "green"},
        {"variant_id": "7", "is_active": "yes"},
        {"variant_id": "7", "since": "2026-01-31"},
        {"variant_id": "7", "on": "today"},
        {"variant_id": "7", "warehouse_ids": "1"},
        {"variant_id": "7", "order": "red"},
        {"variant_id": "7", "ordering": "red"},
    ],
)
def test_any_other_query_string_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        asked(query)
