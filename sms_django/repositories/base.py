"""What all repositories over the Django ORM share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.db import IntegrityError, connection, models
from django.db.models import F as Field
from django.db.models import QuerySet
from django.utils import timezone

from sms_core.shared.entities import Entity, MasterData
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import ListFilter, Order, Page, PageRequest
from sms_core.shared.text import fold

E = TypeVar("E", bound=Entity)
M = TypeVar("M", bound=MasterData)
F = TypeVar("F", bound=ListFilter)


class DjangoRepository(Generic[E]):
    """Maps one entity to one table; subclasses say how, both ways, side by side.

    `unique` names the field behind each unique constraint, so that the database's own word
    becomes the refusal; look-ups before the insert would only narrow the race.
    """

    entity: ClassVar[type[Any]]
    row: ClassVar[type[models.Model]]
    unique: ClassVar[Mapping[str, str]] = {}

    def to_entity(self, row: Any) -> E:
        raise NotImplementedError

    def to_columns(self, entity: E) -> dict[str, Any]:
        raise NotImplementedError

    def to_entities(self, rows: Iterable[Any]) -> list[E]:
        """All of these; for those that need more than their own row."""
        return [self.to_entity(row) for row in rows]

    def rows(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.row._default_manager.all())

    def get(self, id: int) -> E:
        return self._one(self.rows(), id)

    def get_for_update(self, id: int) -> E:
        return self._one(self.rows().select_for_update(of=("self",), no_key=True), id)

    def add(self, entity: E) -> None:
        row = self.row(**self.to_columns(entity))
        with self.refusing_duplicates():
            row.save(force_insert=True)
        stored = cast(Any, row)
        entity.id, entity.version = stored.pk, stored.version
        entity.created_at, entity.updated_at = stored.created_at, stored.updated_at

    def save(self, entity: E) -> None:
        now = timezone.now()
        seen = self.row._default_manager.filter(pk=entity.id, version=entity.version)
        changes = {**self.to_columns(entity), "version": entity.version + 1, "updated_at": now}
        with self.refusing_duplicates():
            if not seen.update(**changes):
                raise Stale(f"This {entity.name_of_kind} was changed by someone else meanwhile.")
        entity.version, entity.updated_at = entity.version + 1, now

    def _one(self, rows: QuerySet[Any], id: int) -> E:
        row = rows.filter(pk=id).first()
        if row is None:
            raise NotFound(f"There is no {self.entity.name_of_kind} {id}.")
        return self.to_entities([row])[0]

    @contextmanager
    def refusing_duplicates(self) -> Any:
        """Turn the violation of a unique constraint into Duplicate, by the constraint's name."""
        try:
            yield
        except IntegrityError as error:
            field = self.unique.get(violated_constraint(error))
            if field is None:
                raise
            raise Duplicate(
                f"There is another {self.entity.name_of_kind} with this "
                f"{field.removesuffix('_id')}.",
                pointer=f"/{field}",
            ) from error


class DjangoMasterDataRepository(DjangoRepository[M], Generic[M, F]):
    """Adds archiving and lists. `columns` maps the public sort keys to indexed columns."""

    columns: ClassVar[Mapping[Enum, str]]
    default_order: ClassVar[tuple[str, ...]]

    def live(self) -> QuerySet[Any]:
        return self.rows().filter(deleted_at=None)

    def matching(self, rows: QuerySet[Any], filter: F) -> QuerySet[Any]:
        """Narrow `rows` to the filter's own fields; search and deleted are done."""
        return rows

    def containing(self, rows: QuerySet[Any], folded: str) -> QuerySet[Any]:
        """Narrow `rows` to those with this text."""
        return rows.filter(search_text__contains=folded)

    def get(self, id: int) -> M:
        return self._one(self.live(), id)

    def get_for_update(self, id: int) -> M:
        return self._one(self.live().select_for_update(of=("self",), no_key=True), id)

    def get_archived_for_update(self, id: int) -> M:
        archived = self.rows().exclude(deleted_at=None)
        return self._one(archived.select_for_update(of=("self",)), id)

    def search(self, filter: F, page: PageRequest) -> Page[M]:
        rows = self.rows().filter(deleted_at__isnull=not filter.deleted)
        if filter.search:
            rows = self.containing(rows, fold(filter.search))
        rows = self.matching(rows, filter)
        total = rows.count()
        ordered = rows.order_by(*self.ordering(filter.order))
        items = ordered[page.offset : page.offset + page.size] if page.offset < total else []
        return Page(self.to_entities(items), total, page)

    def ordering(self, order: tuple[Order, ...]) -> tuple[str, ...]:
        """Column names, ending with the id (in the direction of the last key)."""
        keys = tuple(
            f"-{self.columns[o.by]}" if o.descending else self.columns[o.by] for o in order
        )
        keys = keys or self.default_order
        return (*keys, "-pk" if keys[-1].startswith("-") else "pk")

    def hold(self, ids: Collection[int]) -> dict[int, M]:
        key_share(self.row, ids)
        found = self.to_entities(self.live().filter(pk__in=set(ids)))
        return {entity.id: entity for entity in found}

    def lock_for_archiving(self, ids: Collection[int]) -> list[M]:
        locked = self.live().select_for_update(of=("self",)).order_by("pk")
        return self.to_entities(locked.filter(pk__in=set(ids)))

    def archive(self, ids: Collection[int], at: datetime) -> None:
        self.row._default_manager.filter(pk__in=set(ids)).update(
            deleted_at=at, updated_at=at, version=Field("version") + 1
        )


def key_share(row: type[models.Model], ids: Collection[int]) -> None:
    """Keep the live ones among `ids` from being archived until the transaction ends.

    Archiving takes FOR UPDATE, plain edits FOR NO KEY UPDATE: only the former waits for this.
    SQLite has one writer, so there is nothing to lock.
    """
    if connection.vendor != "postgresql" or not ids:
        return
    table = connection.ops.quote_name(row._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {table} WHERE id = ANY(%s) AND deleted_at IS NULL"  # noqa: S608 (our own table)
            " ORDER BY id FOR KEY SHARE",
            [sorted(set(ids))],
        )


def violated_constraint(error: IntegrityError) -> str:
    """The name of the constraint that a statement violated, "" where the database hides it.

    SQLite names a unique constraint only when it is an expression index.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    message = str(error)
    if "failed: index" in message:
        return message.split("'")[1]
    return message.rpartition("CHECK constraint failed: ")[2]
