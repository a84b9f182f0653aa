"""The query string of a list, read into the core's filter; its parameters are that dataclass."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from django.template import loader
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from sms_core.shared.paging import Number, Order
from sms_django.api.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    DecimalField,
    IdField,
    IntegerField,
    OptionalNameField,
)
from sms_django.api.moments import SCHEMA as MOMENT
from sms_django.api.moments import MomentField

_FIELDS: Mapping[Any, type[Any]] = {
    str: OptionalNameField,
    int: IdField,
    Number: IntegerField,
    bool: BooleanField,
    Decimal: DecimalField,
    datetime: DateTimeField,
    date: DateField,
    frozenset({date, datetime}): MomentField,
}
# "from" cannot be the name of a field of the core's.
_PARAMETERS = {"from_at": "from", "to_at": "to"}
_HELP = {
    "search": "A part of its texts, in any case; % and _ stand for themselves.",
    "deleted": "true: the deleted ones instead of the live ones.",
    "from_at": "A time, or a day: from its beginning on. Inclusive, by when things happened.",
    "to_at": "A time, or a day: until its end. Inclusive, by when things happened.",
    "as_of": "A time, or the end of a day: what had happened by then. Inclusive.",
    "known_at": "A time, or the end of a day: what had been recorded by then. Inclusive.",
}


class OrderingField(serializers.CharField):
    """Sort keys with commas between them, each descending after a minus."""

    def __init__(self, kind: type[Enum], **kwargs: Any) -> None:
        self.kind = kind
        names = ", ".join(f"`{member.value}`" for member in kind)
        super().__init__(
            help_text=f"By what to sort: {names}; a minus in front turns it round.", **kwargs
        )

    def to_internal_value(self, data: Any) -> tuple[Order, ...]:
        keys = [key.strip() for key in str(data).split(",")]
        return tuple(self._key(key) for key in keys)

    def _key(self, key: str) -> Order:
        name = key.removeprefix("-")
        withheld = self.context.get("withheld_orders", frozenset())
        if name in withheld or name not in {member.value for member in self.kind}:
            raise ValidationError("It cannot be sorted by this.", code="invalid_choice")
        return Order(self.kind(name), descending=key.startswith("-"))


@cache
def query_of(filter: type[Any], sort: type[Enum] | None) -> type[serializers.Serializer[Any]]:
    """The serializer of a list's query string.

    A field of the dataclass whose type no query string can carry (such as the warehouses one may
    see, which the service fills in) is no parameter.
    """
    hints = get_type_hints(filter)
    found: dict[str, Any] = {}
    for field in fields(filter):
        if field.name == "order":
            continue
        kind = _FIELDS.get(_plain(hints[field.name]))
        required = field.default is MISSING and field.default_factory is MISSING
        options: dict[str, Any] = {"required": required, "help_text": _HELP.get(field.name, "")}
        name = _PARAMETERS.get(field.name, field.name)
        if name != field.name:
            options["source"] = field.name
        if kind is not None:
            found[name] = kind(**options)
        elif _is_enum(_plain(hints[field.name])):
            found[name] = ChoiceField(_plain(hints[field.name]), **options)
    if sort is not None:
        found["ordering"] = OrderingField(sort, required=False)
    return type(f"{filter.__name__}Query", (serializers.Serializer,), found)


def read(view: Any, request: Request) -> Any:
    """The filter that the query string asks for; raises ValidationError for anything unknown."""
    query = query_of(view.list_filter, view.sort)
    allowed = set(query().fields) | view.other_parameters()
    refuse_unknown(request, allowed)
    given = {
        name: request.query_params[name]
        for name in query().fields
        if request.query_params.get(name, "") != ""
    }
    context = {"text_only": True, "withheld_orders": view.withheld_orders()}
    serializer = query(data=given, context=context)
    serializer.is_valid(raise_exception=True)
    sources = [str(serializer.fields[name].source) for name in given]
    values = {name: serializer.validated_data[name] for name in sources}
    if "ordering" in values:
        values["order"] = values.pop("ordering")
    return view.list_filter(**values)


def refuse_unknown(request: Request, allowed: set[str] | frozenset[str]) -> None:
    """Raise ValidationError for a query parameter that means nothing here, or comes twice."""
    errors = {}
    for name, values in request.query_params.lists():
        if name not in allowed and name != "format":
            errors[name] = [ErrorDetail("There is no such parameter.", code="unknown_parameter")]
        elif len(values) > 1:
            errors[name] = [ErrorDetail("This parameter may come once.", code="duplicate")]
    if errors:
        raise ValidationError(errors)


class DeclaredFilters(BaseFilterBackend):
    """Shows a list's parameters in the schema and in the browsable API; the core filters."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        query = query_of(view.list_filter, view.sort)()
        return [
            {
                "name": name,
                "in": "query",
                "required": field.required,
                "description": str(field.help_text or ""),
                "schema": _schema_of(field),
            }
            for name, field in query.fields.items()
        ]

    def to_html(self, request: Request, queryset: Any, view: Any) -> str:
        query = query_of(view.list_filter, view.sort)()
        controls = [
            {
                "name": name,
                "label": field.label or name,
                "value": request.query_params.get(name, ""),
                "choices": _choices(field),
            }
            for name, field in query.fields.items()
        ]
        template = loader.get_template("rest_framework/filters/declared.html")
        return template.render({"controls": controls}, request._request)


def _choices(field: Any) -> list[str]:
    if isinstance(field, BooleanField):
        return ["true", "false"]
    if isinstance(field, OrderingField):
        names = [str(member.value) for member in field.kind]
        return [sign + name for name in names for sign in ("", "-")]
    return [str(value) for value in getattr(field, "choices", ())]


def _schema_of(field: Any) -> dict[str, Any]:
    if isinstance(field, ChoiceField):
        return {"type": "string", "enum": [member.value for member in field.kind]}
    if isinstance(field, IdField):
        return {"type": "integer", "minimum": 1}
    if isinstance(field, BooleanField):
        return {"type": "boolean"}
    if isinstance(field, DateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, MomentField):
        return MOMENT
    return {"type": "string"}


def _plain(hint: Any) -> Any:
    """The type of an optional value; several types as a set."""
    if get_origin(hint) in {Union, types.UnionType}:
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else frozenset(kinds)
    return hint


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)
