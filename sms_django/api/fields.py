"""Strict fields: what is not exactly right is refused, never guessed.

HTML forms and query strings know only text, so there, and only there, numbers may be text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils import html

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden, Invalid
from sms_core.shared.text import NAME_LENGTH, TEXT_LENGTH, tidy, tidy_optional, tidy_text

MAX_ID = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")
_DECIMAL_LENGTH = 40
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def is_text_only(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    """Whether the input came as a form or a query string, where every value is text."""
    return bool(field.context.get("text_only")) or html.is_html_input(
        getattr(field.root, "initial_data", None)
    )


def refuse(message: str, code: str) -> serializers.ValidationError:
    """The error of one field."""
    return serializers.ValidationError(message, code=code)


class IntegerField(serializers.IntegerField):
    """A JSON integer; `"1"`, `1.0` and `true` are none."""

    def __init__(self, *, min_value: int = -MAX_ID, max_value: int = MAX_ID, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is int:
            return data
        if is_text_only(self) and isinstance(data, str) and _INTEGER.fullmatch(data.strip()):
            return int(data)
        raise refuse("This must be an integer.", "invalid")


class IdField(IntegerField):
    """The id of something: a positive integer below 2^63."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, **kwargs)


class VersionField(IntegerField):
    """Counts the changes. Sent back with a change, it makes sure nothing came in between."""

    def __init__(self) -> None:
        super().__init__(
            min_value=1,
            required=False,
            help_text="Counts the changes. Send it back with a change to be refused (412) if "
            "somebody else changed the record meanwhile.",
            style={"template": "rest_framework/hidden.html"},
        )


class BooleanField(serializers.BooleanField):
    """`true` or `false`; 1, "yes" and "true" are neither."""

    def __init__(self, **kwargs: Any) -> None:
        # A form's box that nobody touched must say what leaving the field out would.
        if isinstance(kwargs.get("default"), bool):
            kwargs.setdefault("initial", kwargs["default"])
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, bool):
            return data
        if is_text_only(self) and isinstance(data, str):
            text = data.strip().lower()
            if text in {"true", "on", "false"}:
                return text != "false"
        raise refuse("This must be true or false.", "invalid")


class ChoiceField(serializers.ChoiceField):
    """One of the values of an Enum; the command gets the member."""

    def __init__(self, kind: type[Enum], **kwargs: Any) -> None:
        self.kind = kind
        if isinstance(kwargs.get("default"), kind):
            kwargs.setdefault("initial", kwargs["default"].value)
        names = [(member.value, str(member.value).replace("_", " ")) for member in kind]
        super().__init__(choices=names, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data in self.choices:
            return self.kind(data)
        raise refuse(f"This must be one of: {', '.join(map(str, self.choices))}.", "invalid_choice")

    def to_representation(self, value: Any) -> Any:
        return value.value if isinstance(value, Enum) else value


class _TextField(serializers.CharField):
    """Text as the core tidies it, so that a name is refused here exactly as it is there."""

    tidied: Callable[[str, str], str]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise refuse("This must be a string.", "invalid")
        try:
            return type(self).tidied(data, self.field_name or "text")
        except Invalid as refusal:
            raise refuse(refusal.detail, refusal.code) from None

    def run_validation(self, data: Any = empty) -> Any:
        # CharField's own would turn blanks away, and numbers into text, before we see them.
        return serializers.Field.run_validation(self, data)


class NameField(_TextField):
    """A name or code: 1 to 120 printable characters, trimmed, NFC."""

    tidied = staticmethod(tidy)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=NAME_LENGTH, **kwargs)


class OptionalNameField(_TextField):
    """Like a name, but may be empty, and is when left out."""

    tidied = staticmethod(tidy_optional)

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("required") is not True and not kwargs.get("read_only"):
            kwargs.setdefault("default", "")
        super().__init__(allow_blank=True, max_length=NAME_LENGTH, **kwargs)


class TextField(_TextField):
    """A longer text of several lines; may be empty, and is when left out."""

    tidied = staticmethod(tidy_text)

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("required") is not True and not kwargs.get("read_only"):
            kwargs.setdefault("default", "")
        kwargs.setdefault("style", {"base_template": "textarea.html", "rows": 3})
        super().__init__(allow_blank=True, max_length=TEXT_LENGTH, **kwargs)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]+)?$"})
class DecimalField(serializers.DecimalField):
    """A decimal as text in plain notation, or a JSON integer; never a JSON fraction.

    How fine it may be is a rule of the core (a unit's places); answers have `places` decimals.
    """

    def __init__(self, *, places: int = 4, **kwargs: Any) -> None:
        self.places = places
        super().__init__(max_digits=None, decimal_places=places, **kwargs)
        self.style.setdefault("input_type", "text")

    def to_internal_value(self, data: Any) -> Decimal:
        text = str(data) if type(data) is int else data
        if isinstance(text, str) and is_text_only(self):
            text = text.strip()
        if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
            raise refuse('This must be a plain decimal in a string, such as "12.50".', "invalid")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if len(text) > _DECIMAL_LENGTH:
            raise refuse("This has too many digits.", "invalid")
        return Decimal(text) or Decimal(0)  # -0 is 0

    def to_representation(self, value: Any) -> str:
        return f"{Decimal(value):.{self.places}f}"


class QuantityField(DecimalField):
    """How many or how much, in the product's unit."""


class PriceField(DecimalField):
    """Money, with 4 decimals."""


class RateField(DecimalField):
    """A percentage: "20.00" is 20 %."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(places=2, **kwargs)


@extend_schema_field({"type": ["string", "null"], "pattern": r"^-?[0-9]{1,12}(\.[0-9]+)?$"})
class CostField(DecimalField):
    """What something cost or is worth: null without `cost.view`, and then no input either."""

    @property
    def withheld(self) -> bool:
        """Whether this request may not know costs."""
        actor: Actor | None = self.context.get("actor")
        return actor is not None and not actor.may("cost.view")

    def run_validation(self, data: Any = empty) -> Any:
        if self.withheld and data is not empty:
            raise Forbidden(
                "You lack the permission cost.view, so you cannot set a cost.",
                pointer=f"/{self.field_name}",
            )
        return super().run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return None if self.withheld else super().to_representation(value)


class DateTimeField(serializers.DateTimeField):
    """A moment, RFC 3339: with an offset when it comes in, in UTC with `Z` when it goes out."""

    def __init__(self, **kwargs: Any) -> None:
        # A browser's date-time control leaves out the offset, which we do not guess.
        kwargs.setdefault(
            "style", {"input_type": "text", "placeholder": "2026-01-31T12:00:00+00:00"}
        )
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        if isinstance(data, str) and _TIME.fullmatch(data):
            # Python reads at most six decimals of a second.
            text = re.sub(r"(\.\d{6})\d+", r"\1", data.upper().replace(" ", "T"))
            try:
                return datetime.fromisoformat(text).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise refuse(
            "This must be a time with its offset, such as 2026-01-31T12:00:00Z.", "invalid"
        )

    def to_representation(self, value: Any) -> str | None:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")  # type: ignore[no-any-return]


class DateField(serializers.DateField):
    """A calendar day, such as 2026-01-31."""

    def to_internal_value(self, data: Any) -> date:
        if isinstance(data, str) and _DATE.fullmatch(data):
            try:
                return date.fromisoformat(data)
            except ValueError:
                pass
        raise refuse("This must be a date, such as 2026-01-31.", "invalid")


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class _ListOf(serializers.ListField):
    """A list of plain values; in a form, one text with commas or blanks between them."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("style", {"template": "rest_framework/text_list.html"})
        super().__init__(**kwargs)

    def get_value(self, dictionary: Any) -> Any:
        if not html.is_html_input(dictionary):
            return dictionary.get(self.field_name, empty)
        if self.field_name not in dictionary:
            return html.parse_html_list(dictionary, prefix=self.field_name, default=empty)
        found = [part for text in dictionary.getlist(self.field_name) for part in _split(text)]
        return found or (None if self.allow_null else empty if not self.required else [])

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            raise refuse("This must be a list.", "not_a_list")
        if self.max_length is not None and len(data) > self.max_length:
            raise refuse(f"This list may have at most {self.max_length} items.", "max_length")
        found: list[Any] = super().to_internal_value(data)
        return tuple(dict.fromkeys(found))

    def to_representation(self, data: Any) -> list[Any]:
        return sorted(super().to_representation(data))


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]


@extend_schema_field({"type": "array", "items": {"type": "integer", "minimum": 1}})
class IdsField(_ListOf):
    """Several ids, each once."""

    child = IdField()


class CodesField(_ListOf):
    """Several codes, each once."""

    child = NameField()
