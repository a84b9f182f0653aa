"""How lists are asked for and answered, in pages or along a ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, NewType, TypeVar

T = TypeVar("T")
U = TypeVar("U")

# A filter's whole number that is no id: it may be 0 or below.
Number = NewType("Number", int)


@dataclass(frozen=True)
class Order:
    """One key of an ordering; the enum member's value is the public name of the field."""

    by: Enum
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class ListFilter:
    """What every list understands; a list with more of it subclasses this.

    `search` is a plain substring, case does not matter. `deleted` asks for the archived ones
    instead of the live ones. Every order ends with the id, so pages never overlap.
    """

    search: str = ""
    deleted: bool = False
    order: tuple[Order, ...] = ()


@dataclass(frozen=True)
class PageRequest:
    """Page `number` (from 1) of pages with `size` rows."""

    number: int = 1
    size: int = 25

    @property
    def offset(self) -> int:
        """How many rows lie before this page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True)
class Page(Generic[T]):
    """The rows of one page and how many there are on all pages."""

    items: Sequence[T]
    total: int
    request: PageRequest

    def map(self, change: Callable[[T], U]) -> Page[U]:
        """The same page of other things."""
        return Page([change(item) for item in self.items], self.total, self.request)


@dataclass(frozen=True)
class CursorRequest:
    """The next `limit` rows of a ledger, newest first, after the row with these sort values."""

    after: tuple[Any, ...] | None = None
    limit: int = 100


@dataclass(frozen=True)
class CursorPage(Generic[T]):
    """A stretch of a ledger; `next` continues it, None at its end."""

    items: Sequence[T]
    next: tuple[Any, ...] | None
