"""Documents in the database: their numbers, their history, and how they and their lines are kept.

A document of 1,000 lines takes as many statements as one with a single line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.db import connection
from django.db import models as orm
from django.db.models import Exists, OuterRef, Q, QuerySet

from sms_core.shared.document_lines import DocumentLine
from sms_core.shared.documents import (
    DOCUMENT_PREFIXES,
    Document,
    DocumentFilter,
    DocumentNumbers,
    DocumentPosting,
    DocumentRef,
    DocumentType,
    Event,
    Journal,
)
from sms_core.shared.text import search_text
from sms_django import models, numbering
from sms_django.gateways.calendar import clock_and_company, zone_called
from sms_django.repositories.base import DjangoMasterDataRepository
from sms_django.repositories.rows import Row, given, insert

D = TypeVar("D", bound=Document)
F = TypeVar("F", bound=DocumentFilter)


class DjangoDocumentNumbers(DocumentNumbers):
    """Numbers from sequences of the database, with the year of the company's day."""

    def next(self, type: DocumentType) -> str:
        if connection.vendor == "postgresql":
            at, zone, serial = clock_and_company(
                "time_zone, nextval(%s::regclass)", [numbering.sequence(type)]
            )
        else:
            at, zone = clock_and_company("time_zone")
            serial = numbering.next_serial(connection, type)
        year = at.astimezone(zone_called(zone)).year
        return f"{DOCUMENT_PREFIXES[type]}-{year}-{serial:06d}"


class DjangoJournal(Journal):
    """The history of documents in `sms_document_event`, and their postings in the ledger."""

    def write(self, document: DocumentRef, event: Event) -> None:
        models.DocumentEvent.objects.create(
            document_type=document.type.value,
            document_id=document.id,
            act=event.act,
            at=event.at,
            user_id=event.user_id,
            username=event.username,
            request_id=event.request_id,
            note=event.note,
            changes={name: list(change) for name, change in event.changes.items()},
            postings=list(event.postings),
        )

    def of(self, document: DocumentRef) -> list[Event]:
        rows = models.DocumentEvent.objects.filter(
            document_type=document.type.value, document_id=document.id
        )
        return [_event(row) for row in rows.order_by("pk")]

    def postings(
        self, type: DocumentType, ids: Collection[int], visible: frozenset[int] | None
    ) -> dict[int, tuple[DocumentPosting, ...]]:
        rows = models.Posting.objects.filter(document_type=type.value, document_id__in=set(ids))
        if visible is not None:
            seen = models.Entry.objects.filter(
                posting=OuterRef("pk"), level__warehouse_id__in=visible
            )
            rows = rows.filter(Exists(seen))
        found: dict[int, tuple[DocumentPosting, ...]] = {}
        for document_id, *values in rows.order_by("pk").values_list("document_id", *_POSTING):
            posting = DocumentPosting(**dict(zip(_POSTING, values, strict=True)))
            found[document_id] = (*found.get(document_id, ()), posting)
        return found


_POSTING = (
    "id",
    "number",
    "kind",
    "occurred_at",
    "recorded_at",
    "username",
    "reference",
    "note",
    "reverses_id",
)


def _event(row: models.DocumentEvent) -> Event:
    return Event(
        act=row.act,
        at=row.at,
        user_id=row.user_id,
        username=row.username,
        request_id=row.request_id,
        note=row.note,
        changes={name: (before, after) for name, (before, after) in row.changes.items()},
        postings=tuple(row.postings),
    )


class DjangoDocumentRepository(DjangoMasterDataRepository[D, F], Generic[D, F]):
    """Keeps documents of one type with their lines, in their order.

    Subclasses map the header with `to_document` and `to_columns`, a line with `to_line` and
    `to_line_columns`; what moved of lines they give in `progress`. `line_row` is the table of the
    lines, whose foreign key to the document is called `document`. The lock of a document is that
    of its header. `visible_paths` are the columns of the warehouses whose viewers see a document.
    """

    line_row: ClassVar[type[orm.Model]]
    visible_paths: ClassVar[tuple[str, ...]] = ("warehouse_id",)

    def to_document(self, row: Any, lines: list[Any]) -> D:
        raise NotImplementedError

    def header_of(self, row: Any) -> dict[str, Any]:
        """What all documents say of themselves but their state, by name."""
        names = ("version", "created_at", "updated_at", "deleted_at", "number", "notes")
        return {"id": row.pk, **{name: getattr(row, name) for name in names}}

    def header_columns(self, document: D, *texts: str) -> dict[str, Any]:
        """The columns that all documents have; `texts` can be searched for like the number."""
        return {
            "deleted_at": document.deleted_at,
            "number": document.number,
            "state": document.state.value,
            "notes": document.notes,
            "search_text": search_text(document.number, *texts, document.notes),
        }

    def to_line(self, row: Any, progress: Mapping[str, Any]) -> DocumentLine:
        """The line; `progress` are more of its values, by name."""
        raise NotImplementedError

    def to_line_columns(self, line: Any) -> dict[str, Any]:
        """The columns of a line but its id, its document and its position."""
        raise NotImplementedError

    def progress(self, line_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
        """What became of lines, as values of the line, by its id; absent: nothing yet."""
        return {}

    def to_entity(self, row: Any) -> D:
        return self.to_entities([row])[0]

    def to_entities(self, rows: Iterable[Any]) -> list[D]:
        headers = list(rows)
        if not headers:
            return []
        stored = list(self._lines({header.pk for header in headers}))
        progress = self.progress([row.pk for row in stored]) if stored else {}
        lines: dict[int, list[DocumentLine]] = {}
        for row in stored:
            line = self.to_line(row, progress.get(row.pk, {}))
            lines.setdefault(row.document_id, []).append(line)
        return [self.to_document(header, lines.get(header.pk, [])) for header in headers]

    def matching(self, rows: QuerySet[Any], filter: F) -> QuerySet[Any]:
        rows = super().matching(rows, filter)
        if filter.visible is None:
            return rows
        seen = Q()
        for path in self.visible_paths:
            seen |= Q(**{f"{path}__in": filter.visible})
        return rows.filter(seen)

    def add(self, entity: D) -> None:
        super().add(entity)
        self._insert(entity.id, _positioned(entity))

    def save(self, entity: D) -> None:
        super().save(entity)
        rows = self._lines({entity.id})
        before = {row.pk: (row.position, *self._columns_of(row)) for row in rows}
        there = [(line, position) for line, position in _positioned(entity) if line.id]
        if gone := before.keys() - {line.id for line, _ in there}:
            self._delete(gone)
        now = {line.id: (position, *self._values(line)) for line, position in there}
        if changed := [(id, *values) for id, values in now.items() if before[id] != values]:
            self._update(changed)
        self._insert(entity.id, [pair for pair in _positioned(entity) if not pair[0].id])

    def _lines(self, document_ids: Collection[int]) -> QuerySet[Any]:
        rows = self.line_row._default_manager.filter(document_id__in=set(document_ids))
        return cast("QuerySet[Any]", rows.order_by("document_id", "position", "pk"))

    @property
    def _fields(self) -> list[Any]:
        """The own columns of a line, as `to_line_columns` must give them."""
        common = {"id", "document", "position"}
        return [f for f in self.line_row._meta.concrete_fields if f.name not in common]

    def _columns_of(self, row: Any) -> list[Any]:
        return [_stored(field, getattr(row, field.attname)) for field in self._fields]

    def _values(self, line: DocumentLine) -> list[Any]:
        columns = self.to_line_columns(line)
        return [_stored(field, columns[field.attname]) for field in self._fields]

    def _columns(self, *more: str) -> list[tuple[str, str]]:
        own = [(field.column, _type(field)) for field in self._fields]
        return [*((name, "bigint") for name in more), *own]

    def _insert(self, document_id: int, lines: Sequence[tuple[DocumentLine, int]]) -> None:
        if not lines:
            return
        rows: list[Row] = [(document_id, position, *self._values(line)) for line, position in lines]
        columns = self._columns("document_id", "position")
        with connection.cursor() as cursor:
            cursor.execute(*insert(self._table, columns, rows, then="RETURNING id"))
            # They were given in the order of the lines.
            ids = sorted(id for (id,) in cursor.fetchall())
        for (line, _), id in zip(lines, ids, strict=True):
            line.id = id

    def _update(self, rows: Sequence[Row]) -> None:
        columns = self._columns("id", "position")
        source, parameters = given(columns, rows)
        changes = ", ".join(f"{name} = given.{name}" for name, _ in columns[1:])
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self._table} SET {changes} FROM {source}"  # noqa: S608 (our own table)
                f" WHERE {self._table}.id = given.id",
                parameters,
            )

    def _delete(self, ids: Collection[int]) -> None:
        source, parameters = given([("id", "bigint")], [(id,) for id in sorted(ids)])
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self._table} WHERE id IN (SELECT id FROM {source})",  # noqa: S608 (our own table)
                parameters,
            )

    @property
    def _table(self) -> str:
        return self.line_row._meta.db_table


def _positioned(document: Any) -> list[tuple[DocumentLine, int]]:
    return [(line, position) for position, line in enumerate(document.lines, start=1)]


def _stored(field: Any, value: Any) -> Any:
    """A value as the column keeps it."""
    return field.get_db_prep_save(value, connection)


def _type(field: Any) -> str:
    """The type of the column, for PostgreSQL's arrays."""
    return str(field.db_type(connection))
