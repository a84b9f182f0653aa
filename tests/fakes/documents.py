"""In-memory doubles of what all documents need: numbers, their history, their lines."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

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
from sms_core.shared.ports import Clock
from tests.fakes.base import FixedClock, InMemoryMasterDataRepository
from tests.fakes.stock import InMemoryLedgerRepository, _sees

D = TypeVar("D", bound=Document)
F = TypeVar("F", bound=DocumentFilter)


@dataclass
class InMemoryDocumentNumbers(DocumentNumbers):
    clock: Clock = field(default_factory=FixedClock)
    given: dict[DocumentType, int] = field(default_factory=dict)

    def next(self, type: DocumentType) -> str:
        self.given[type] = self.given.get(type, 0) + 1
        return f"{DOCUMENT_PREFIXES[type]}-{self.clock.now().year}-{self.given[type]:06d}"


@dataclass
class InMemoryJournal(Journal):
    """`stored` holds the events; what documents led to is read from the ledger beside it."""

    ledger: InMemoryLedgerRepository
    stored: dict[int, tuple[DocumentRef, Event]] = field(default_factory=dict)

    def write(self, document: DocumentRef, event: Event) -> None:
        self.stored[len(self.stored) + 1] = (document, deepcopy(event))

    def of(self, document: DocumentRef) -> list[Event]:
        return [event for other, event in self.stored.values() if other == document]

    def postings(
        self, type: DocumentType, ids: Collection[int], visible: frozenset[int] | None
    ) -> dict[int, tuple[DocumentPosting, ...]]:
        found: dict[int, tuple[DocumentPosting, ...]] = {}
        for posting in self.ledger.postings.values():
            document = posting.document
            if document is None or document.type is not type or document.id not in set(ids):
                continue
            if any(_sees(visible, entry.level.warehouse_id) for entry in posting.entries):
                shown = DocumentPosting(
                    id=posting.id,
                    number=posting.number,
                    kind=posting.kind.value,
                    occurred_at=posting.occurred_at,
                    recorded_at=posting.recorded_at,
                    username=posting.username,
                    reference=posting.reference,
                    note=posting.note,
                    reverses_id=posting.reverses_id,
                )
                found[document.id] = (*found.get(document.id, ()), shown)
        return found


@dataclass
class InMemoryDocumentRepository(InMemoryMasterDataRepository[D, F], Generic[D, F]):
    """Keeps documents with their lines. Nothing that moved is stored: `progress` writes it on the
    lines of a copy that is handed out."""

    line_ids: Any = field(default_factory=lambda: count(1))

    def progress(self, document: D) -> None:
        """Set on the lines what became of them."""

    def warehouses_of(self, document: Any) -> set[int]:
        """Whoever sees one of these warehouses sees the document."""
        return {document.warehouse_id}

    def searched(self, document: Any) -> tuple[str, ...]:
        return (document.number, document.notes)

    def matches(self, document: D, filter: F) -> bool:
        return any(_sees(filter.visible, id) for id in self.warehouses_of(document))

    def get(self, id: int) -> D:
        return self._progressed([super().get(id)])[0]

    def search(self, filter: F, page: Any) -> Any:
        found = super().search(filter, page)
        self._progressed(found.items)
        return found

    def hold(self, ids: Collection[int]) -> dict[int, D]:
        found = super().hold(ids)
        self._progressed(found.values())
        return found

    def get_archived_for_update(self, id: int) -> D:
        return self._progressed([super().get_archived_for_update(id)])[0]

    def add(self, entity: D) -> None:
        self._number_lines(entity)
        super().add(entity)

    def save(self, entity: D) -> None:
        self._number_lines(entity)
        super().save(entity)

    def _number_lines(self, document: Any) -> None:
        for line in document.lines:
            line.id = line.id or next(self.line_ids)

    def _progressed(self, documents: Any) -> list[D]:
        for document in documents:
            self.progress(document)
        return list(documents)
