"""Doubles of what every capability needs. The repositories keep deep copies, as a database does:
a change that is not saved is not seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import count
from typing import Any, ClassVar, Generic, TypeVar

from sms_core.shared.entities import Entity, MasterData
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import ListFilter, Page, PageRequest
from sms_core.shared.ports import Clock
from sms_core.shared.text import fold, search_text

E = TypeVar("E", bound=Entity)
M = TypeVar("M", bound=MasterData)
F = TypeVar("F", bound=ListFilter)


@dataclass
class FixedClock(Clock):
    """Stands still until it is moved."""

    time: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class RollingBackUnitOfWork(AbstractContextManager[None]):
    """Puts the given repositories back to where they were when its block raises."""

    def __init__(self, *repositories: InMemoryRepository[Any]) -> None:
        self.repositories = repositories
        self._before: list[list[dict[int, Any]]] = []

    def __enter__(self) -> None:
        self._before.append([deepcopy(r.stored) for r in self.repositories])

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        before = self._before.pop()
        if kind is not None:
            for repository, stored in zip(self.repositories, before, strict=True):
                repository.stored = stored


@dataclass
class InMemoryRepository(Generic[E]):
    """Keeps entities in a dict by id."""

    entity: ClassVar[type[Any]]
    unique: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    clock: Clock = field(default_factory=FixedClock)
    stored: dict[int, E] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: count(1))

    def visible(self) -> dict[int, E]:
        return self.stored

    def get(self, id: int) -> E:
        if id not in self.visible():
            raise NotFound(f"There is no {self.entity.name_of_kind} {id}.")
        return deepcopy(self.stored[id])

    def get_for_update(self, id: int) -> E:
        return self.get(id)

    def add(self, entity: E) -> None:
        self.refuse_duplicates(entity)
        entity.id = next(self.ids)
        entity.version = 1
        entity.created_at = entity.updated_at = self.clock.now()
        self.stored[entity.id] = deepcopy(entity)

    def save(self, entity: E) -> None:
        if self.stored[entity.id].version != entity.version:
            raise Stale(f"This {entity.name_of_kind} was changed by someone else meanwhile.")
        self.refuse_duplicates(entity)
        entity.version += 1
        entity.updated_at = self.clock.now()
        self.stored[entity.id] = deepcopy(entity)

    def refuse_duplicates(self, entity: E) -> None:
        for name, key in self.unique.items():
            if getattr(entity, "deleted_at", None) is None and any(
                key(other) == key(entity)
                for other in self.visible().values()
                if other.id != entity.id
            ):
                raise Duplicate(
                    f"There is another {entity.name_of_kind} with this {name.removesuffix('_id')}.",
                    pointer=f"/{name}",
                )


@dataclass
class InMemoryMasterDataRepository(InMemoryRepository[M], Generic[M, F]):
    """Adds archiving and lists; `sort_keys` gives the value behind each public sort key."""

    sort_keys: ClassVar[Mapping[Enum, Callable[[Any], Any]]] = {}
    default_sort: ClassVar[Callable[[Any], Any]]

    def searched(self, entity: M) -> tuple[str, ...]:
        """The texts that `search` looks into."""
        raise NotImplementedError

    def matches(self, entity: M, filter: F) -> bool:
        """Whether it satisfies the filter's own fields; search and deleted are done."""
        return True

    def visible(self) -> dict[int, M]:
        return {id: entity for id, entity in self.stored.items() if entity.deleted_at is None}

    def search(self, filter: F, page: PageRequest) -> Page[M]:
        found = [
            entity
            for entity in self.stored.values()
            if (entity.deleted_at is not None) == filter.deleted
            and fold(filter.search) in search_text(*self.searched(entity))
            and self.matches(entity, filter)
        ]
        last = filter.order[-1].descending if filter.order else False
        found.sort(key=lambda entity: entity.id, reverse=last)
        for order in reversed(filter.order):
            found.sort(key=self.sort_keys[order.by], reverse=order.descending)
        if not filter.order:
            found.sort(key=type(self).default_sort)
        items = found[page.offset : page.offset + page.size]
        return Page(deepcopy(items), len(found), page)

    def hold(self, ids: Collection[int]) -> dict[int, M]:
        return {id: deepcopy(entity) for id, entity in self.visible().items() if id in set(ids)}

    def lock_for_archiving(self, ids: Collection[int]) -> list[M]:
        return [entity for _, entity in sorted(self.hold(ids).items())]

    def archive(self, ids: Collection[int], at: datetime) -> None:
        for id in set(ids):
            self.stored[id].archive(at)
            self.stored[id].version += 1
            self.stored[id].updated_at = at

    def get_archived_for_update(self, id: int) -> M:
        entity = self.stored.get(id)
        if entity is None or entity.deleted_at is None:
            raise NotFound(f"There is no archived {self.entity.name_of_kind} {id}.")
        return deepcopy(entity)
