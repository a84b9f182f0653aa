"""Columns that many tables share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone


class ScaledDecimalField(models.Field):  # type: ignore[type-arg]
    """A Decimal kept as a whole number of 10^-places: exact in both databases.

    SQLite keeps a DecimalField as floating point, so its sums cannot be checked. Arithmetic on
    such columns needs an explicit `output_field`: sums keep the scale, products do not.
    """

    def __init__(self, *args: Any, places: int, **kwargs: Any) -> None:
        self.places = places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "places": self.places}

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> Any:
        """The stored whole number; raises ValueError for what is finer than the column."""
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        scaled = Decimal(value).scaleb(self.places)
        if scaled != int(scaled):
            raise ValueError(f"{value} has more than {self.places} decimal places")
        return int(scaled)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        defaults = {"form_class": forms.DecimalField, "decimal_places": self.places}
        return super().formfield(**{**defaults, "max_digits": 12 + self.places, **kwargs})


class Row(models.Model):
    """A table whose rows carry a version and their times."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class MasterDataRow(Row):
    """A table whose rows are archived (`deleted_at`), never deleted, and can be searched."""

    deleted_at = models.DateTimeField("archived at", null=True, blank=True, editable=False)
    search_text = models.TextField(default="", editable=False)

    class Meta:
        abstract = True
