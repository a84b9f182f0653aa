"""Papers that lead to postings: each has a number, a state and a history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final

from sms_core.shared.entities import Actor, MasterData
from sms_core.shared.errors import Conflict
from sms_core.shared.paging import ListFilter
from sms_core.shared.text import tidy_text


class DocumentType(Enum):
    """The papers there are."""

    PURCHASE_ORDER = "purchase_order"
    SALES_ORDER = "sales_order"
    STOCK_TRANSFER = "stock_transfer"
    STOCK_COUNT = "stock_count"


DOCUMENT_PREFIXES: Final[Mapping[DocumentType, str]] = {
    DocumentType.PURCHASE_ORDER: "PO",
    DocumentType.SALES_ORDER: "SO",
    DocumentType.STOCK_TRANSFER: "ST",
    DocumentType.STOCK_COUNT: "SC",
}


@dataclass(frozen=True)
class DocumentRef:
    """Which paper a posting or a reservation belongs to."""

    type: DocumentType
    id: int
    number: str

    def __str__(self) -> str:
        return self.number


class WrongState(Conflict):
    """The document is in a state in which this cannot be done; the detail says what can."""

    code = "document_state"


@dataclass(kw_only=True)
class Document(MasterData):
    """A paper with lines. What may be done with it depends on its state alone.

    Subclasses have a `state` and say, for each state, which acts are allowed, in the order in
    which a clerk would look for them. Drafts may be archived, nothing else.
    """

    type: ClassVar[DocumentType]
    acts: ClassVar[Mapping[Any, tuple[str, ...]]]

    number: str = ""
    notes: str = ""
    state: Any = None

    def check(self) -> None:
        self.notes = tidy_text(self.notes, "notes")

    @property
    def ref(self) -> DocumentRef:
        """How postings name it."""
        return DocumentRef(self.type, self.id, self.number)

    @property
    def allowed(self) -> tuple[str, ...]:
        """What may be done with it as it is."""
        return self.acts.get(self.state, ())

    def see_that_may(self, act: str) -> None:
        """Raise WrongState unless the act is allowed in this state."""
        if act in self.allowed:
            return
        ways = ", ".join(self.allowed) or "nothing"
        state = self.state.value.replace("_", " ")
        raise WrongState(
            f"{self.number or 'This'} is {state}: you cannot {act.replace('_', ' ')} it. "
            f"Allowed now: {ways}."
        )


@dataclass(frozen=True, kw_only=True)
class Event:
    """What somebody did with a document: a line of its history, never changed.

    `changes` holds, by field, what stood there before and after, as texts; `postings` the
    numbers of those it made.
    """

    act: str
    at: datetime
    user_id: int | None
    username: str
    request_id: str
    note: str = ""
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    postings: tuple[str, ...] = ()

    @classmethod
    def of(cls, act: str, *, by: Actor, at: datetime, **more: Any) -> Event:
        """What this actor does now."""
        return cls(
            act=act,
            at=at,
            user_id=by.user_id,
            username=by.username,
            request_id=by.request_id,
            **more,
        )


@dataclass(frozen=True, kw_only=True)
class DocumentFilter(ListFilter):
    """What every list of documents understands; `visible` are the warehouses one may see."""

    visible: frozenset[int] | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentPosting:
    """A posting that a document led to, as its page shows it."""

    id: int
    number: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    username: str
    reference: str
    note: str
    reverses_id: int | None


class Journal(ABC):
    """Keeps the history of documents. It is only ever added to."""

    @abstractmethod
    def write(self, document: DocumentRef, event: Event) -> None:
        """Append a line to the history of the document."""

    @abstractmethod
    def of(self, document: DocumentRef) -> list[Event]:
        """The history of the document, the oldest first."""

    @abstractmethod
    def postings(
        self, type: DocumentType, ids: Collection[int], visible: frozenset[int] | None
    ) -> dict[int, tuple[DocumentPosting, ...]]:
        """What the documents led to in visible warehouses, the oldest first, by document, in one
        query; absent: nothing."""


class DocumentNumbers(ABC):
    """Numbers documents: one sequence per type, which never restarts; gaps are fine."""

    @abstractmethod
    def next(self, type: DocumentType) -> str:
        """The next number, with the year of the company's day: PO-2026-000001."""
