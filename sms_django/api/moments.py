"""The field for a time or a day, as questions about the past take it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sms_django.api.fields import DateField, DateTimeField, refuse

SCHEMA: Final = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
_DAY_LENGTH = len("2026-01-31")


@extend_schema_field(SCHEMA)
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """A time with its offset, or a day, which the core takes to its end or from its beginning."""

    def to_internal_value(self, data: Any) -> date | datetime:
        if not isinstance(data, str) or len(data) != _DAY_LENGTH:
            return DateTimeField().to_internal_value(data)
        day = DateField().to_internal_value(data)
        if not date.min.year < day.year < date.max.year:
            # Somewhere on earth its beginning or end is outside the calendar.
            raise refuse("This is too far away.", "invalid")
        return day

    def to_representation(self, value: Any) -> str:
        return str(value.isoformat())
