"""The base of all serializers: strict about names, and drawn as HTML forms down to the lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty
from rest_framework.renderers import HTMLFormRenderer
from rest_framework.utils import html
from rest_framework.utils.serializer_helpers import BoundField

from sms_core.shared.errors import DomainError
from sms_django.api.fields import DateTimeField, IdField, IdsField, VersionField

MAX_LINES = 1_000
MAX_IDS = 500
HIDDEN = "rest_framework/hidden.html"
EMPTY_ROWS = 5
_FORM_KEY = re.compile(r"[.\[]")


class CoreListSerializer(serializers.ListSerializer[Any]):
    """The lines of something. In a form, rows that were left blank do not count."""

    def get_value(self, dictionary: Any) -> Any:
        rows = super().get_value(dictionary)
        if html.is_html_input(dictionary) and rows is not empty:
            silent = {
                name
                for name, field in self.child.fields.items()
                if isinstance(field, serializers.ChoiceField) or is_hidden(field)
            }
            rows = [row for row in rows if not _is_blank(row, silent)]
            return rows or (empty if not self.required else [])
        return rows

    def to_internal_value(self, data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise serializers.ValidationError("This must be a list.", code="not_a_list")
        if not data and not self.allow_empty:
            raise serializers.ValidationError("This list must not be empty.", code="empty")
        most = self.max_length or MAX_LINES
        if len(data) > most:
            raise serializers.ValidationError(
                f"This list may have at most {most} items.", code="max_length"
            )
        return self._rows(data)

    def _rows(self, data: list[Any]) -> tuple[Any, ...]:
        rows, errors = [], {}
        for index, item in enumerate(data):
            try:
                rows.append(self.run_child_validation(item))
            except serializers.ValidationError as refusal:
                errors[index] = refusal.detail
            except DomainError as refusal:
                refusal.pointer = f"/{self.field_name}/{index}{refusal.pointer}"
                raise
        if errors:
            raise serializers.ValidationError(errors)
        return tuple(rows)


class CoreSerializer(serializers.Serializer[Any]):
    """Reads a body into plain values, or into `command` if one is named; writes an entity.

    A name it does not know, or may only be read, is refused. Optional fields state their
    default, because a PUT that leaves them out means it.
    """

    command: ClassVar[type[Any] | None] = None

    class Meta:
        list_serializer_class = CoreListSerializer

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # The schema shows a class's docstring, and would show ours for those that have none.
        cls.__doc__ = cls.__doc__ or ""

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        if html.is_html_input(dictionary) and value is not empty and _is_blank(value):
            return None if self.allow_null else empty
        return value

    def run_validation(self, data: Any = empty) -> Any:
        with _whole(self, data):
            values = super().run_validation(data)
        if self.command is None or not isinstance(values, Mapping):
            return values
        return self.command(**values)

    def to_internal_value(self, data: Any) -> Any:
        strangers = self._strangers(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as refusal:
            if not isinstance(refusal.detail, dict):
                raise
            raise serializers.ValidationError({**refusal.detail, **strangers}) from None
        if strangers:
            raise serializers.ValidationError(strangers)
        return values

    def _strangers(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """What the body names but cannot set, each with the sentence to say so."""
        names = {str(name) for name in data}
        if html.is_html_input(data):
            names = {_FORM_KEY.split(name)[0] for name in names} - {"csrfmiddlewaretoken"}
        found: dict[str, Any] = {}
        for name in sorted(names):
            if name not in self.fields:
                found[name] = [_refusal("There is no such field.", "unknown_field")]
            elif self.fields[name].read_only:
                found[name] = [_refusal("This field can only be read.", "read_only")]
        return found

    @property
    def errors_of_the_whole(self) -> list[Any]:
        """What a form shows above its fields."""
        return list(getattr(self, "_errors", {}).get("non_field_errors", ()))

    def __getitem__(self, key: str) -> Any:
        field = self.fields[key]
        if not isinstance(field, CoreListSerializer):
            return super().__getitem__(key)
        errors = self.errors.get(key) if hasattr(self, "initial_data") else None
        return LinesBoundField(field, self.data.get(key), errors)


@contextmanager
def _whole(serializer: CoreSerializer, data: Any) -> Iterator[None]:
    """A PATCH may leave fields out of its record, but not out of what stands inside it."""
    root = serializer.root
    partial = getattr(root, "partial", False)
    if serializer is not root and data is not empty:
        root.partial = False
    try:
        yield
    finally:
        root.partial = partial


class LinesBoundField(BoundField):
    """The lines of a form as a table: those that are there and some empty ones to fill."""

    def as_form_field(self) -> LinesBoundField:
        return self

    @property
    def columns(self) -> list[Cell]:
        """The cells of an empty row, whose labels head the table."""
        return list(_cells(self._field.child, {}, {}, self.name))

    @property
    def rows(self) -> Iterator[list[Cell]]:
        """The cells of each row."""
        given = _mappings(self.value)
        errors = _mapping(self.errors)
        for index, value in enumerate([*given, *({} for _ in range(EMPTY_ROWS))]):
            prefix = f"{self.name}[{index}]"
            yield list(_cells(self._field.child, value, _mapping(errors.get(index)), prefix))

    @property
    def own_errors(self) -> list[Any]:
        """What is wrong with the list as a whole."""
        return [] if isinstance(self.errors, Mapping) else list(self.errors or ())


class Cell:
    """One control of a row; the heading of its column is its label."""

    def __init__(self, field: BoundField, group: str = "") -> None:
        self.field = field
        label = "" if is_hidden(field) else field.label
        self.label = f"{group} {label.lower()}" if group else label
        self.errors = field.errors

    @property
    def html(self) -> str:
        style = {"template_pack": "rest_framework/inline"}
        return str(HTMLFormRenderer().render_field(self.field, style))


def _cells(
    row: CoreSerializer, values: Any, errors: Any, prefix: str, group: str = ""
) -> Iterator[Cell]:
    for name, field in row.fields.items():
        value, error = _value(field, values), errors.get(name)
        if field.read_only or getattr(field, "withheld", False):
            continue
        if isinstance(field, CoreListSerializer | CoreSerializer):
            yield from _nested_cells(field, value, error, f"{prefix}{name}")
        else:
            yield Cell(BoundField(field, value, error, prefix), group)


def _nested_cells(field: Any, value: Any, error: Any, path: str) -> Iterator[Cell]:
    errors = _mapping(error)
    if isinstance(field, CoreListSerializer):
        # A list within a row: one of its rows can be filled in here.
        first: Any = next(iter(_mappings(value)), {})
        cells = _cells(field.child, first, _mapping(errors.get(0)), f"{path}[0]", field.label)
    else:
        cells = _cells(field, _mapping(value), errors, f"{path}.", field.label)
    for number, cell in enumerate(cells):
        if number == 0 and isinstance(error, list):
            cell.errors = error  # about the whole, so it stands at its beginning
        yield cell


def is_hidden(field: Any) -> bool:
    """Whether a form carries its value along unseen."""
    return bool(field.style.get("template") == HIDDEN)


def _mappings(values: Any) -> list[Any]:
    """The rows of a refused input that can be drawn at all."""
    return [_mapping(value) for value in values] if isinstance(values, list | tuple) else []


def _mapping(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {}


def _value(field: Any, values: Any) -> Any:
    """A field's value in a row that comes from an object, from JSON or from a form."""
    nested = isinstance(field, CoreListSerializer | CoreSerializer)
    if nested and html.is_html_input(values):
        value = field.get_value(values)
        return None if value is empty else value
    return values.get(field.field_name)


def _is_blank(row: Any, ignored: Collection[str] = ()) -> bool:
    """Whether nothing was filled in; a choice that stands at its default is nothing, nor is what
    is carried along unseen."""
    texts = (value for name, value in row.items() if name not in ignored)
    return not any(not isinstance(value, str) or value.strip() for value in texts)


def _refusal(message: str, code: str) -> ErrorDetail:
    return ErrorDetail(message, code=code)


_TAIL = ("version", "created_at", "updated_at", "deleted_at")


class RecordSerializer(CoreSerializer):
    """What every record shows: id, version and times. Subclasses add their fields between.

    What is never archived says `deleted_at = None`.
    """

    id = IdField(read_only=True)
    version = VersionField()
    created_at = DateTimeField(read_only=True)
    updated_at = DateTimeField(read_only=True)
    deleted_at = DateTimeField(
        read_only=True, allow_null=True, help_text="When it was deleted; null while it is live."
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        tail = tuple(n for n in _TAIL if n in fields)
        order = ["id", *(name for name in fields if name not in {"id", *tail}), *tail]
        return {name: fields[name] for name in order}


class NothingSerializer(CoreSerializer):
    """The body of an action that takes no input."""


class VersionSerializer(CoreSerializer):
    """The body of a delete: at most the version that one saw."""

    version = VersionField()


class BulkDeleteSerializer(CoreSerializer):
    """Which ones to delete."""

    ids = IdsField(
        min_length=1, max_length=MAX_IDS, help_text=f"The ids of up to {MAX_IDS} to delete."
    )


class BulkDeletedSerializer(CoreSerializer):
    """What became of each id: it is in exactly one of the lists."""

    deleted_ids = IdsField(read_only=True)
    missing_ids = IdsField(read_only=True)
    in_use_ids = IdsField(read_only=True)
