"""What documents and the ledger know of each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from sms_core.shared.documents import Document, DocumentRef
from sms_core.shared.entities import Actor
from sms_core.stock.kinds import Counterpart, Kind
from sms_core.stock.ledger import Books
from sms_core.stock.levels import ZERO
from sms_core.stock.postings import Posting
from sms_core.stock.views import PostingView

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, kw_only=True)
class Settled(Generic[D]):
    """A document after something was done with it, and what that did to stock."""

    document: D
    postings: tuple[PostingView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Moved:
    """How much, and of what value, one line of a document has moved in one way.

    `kind` is that of the posting, or of the undone posting for a reversal: what was undone
    cancels out.
    """

    document_line: int
    kind: Kind
    counterpart: Counterpart
    in_transit: bool
    quantity: Decimal
    value: Decimal


def moved_in_all(
    moved: Iterable[Moved],
    kind: Kind,
    counterpart: Counterpart,
    *,
    in_transit: bool = False,
) -> tuple[Decimal, Decimal]:
    """The quantity and the value of what one line has moved so; what left is below 0."""
    quantity = value = ZERO
    for one in moved:
        if (one.kind, one.counterpart, one.in_transit) == (kind, counterpart, in_transit):
            quantity += one.quantity
            value += one.value
    return quantity, value


class Documents(ABC):
    """The documents to which postings belong, each told when one of its postings is undone."""

    @abstractmethod
    def lock(self, document: DocumentRef) -> None:
        """Lock the header of the document; the books are held, the levels not yet locked."""

    @abstractmethod
    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        """Bring the document to the state it has now that some of it is undone, in the same unit
        of work; raises Conflict where its other postings build on what was undone."""


class OpenDocuments(ABC):
    """Which things open documents name: they can not be archived. Drafts are open too.

    The answers name the documents in words ("2 open sales orders (SO-2026-000001, ...)") by id;
    what is absent is in none. Documents of warehouses that the actor does not see (`seen_in` None:
    sees all) have no number there.
    """

    @abstractmethod
    def of_warehouses(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents of each of these warehouses."""

    @abstractmethod
    def of_locations(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents that name each of these locations."""

    @abstractmethod
    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents with a line for each of these variants."""

    @abstractmethod
    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents with a line for any variant of each of these products."""

    @abstractmethod
    def of_suppliers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents of each of these suppliers."""

    @abstractmethod
    def of_customers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        """The open documents of each of these customers."""


def both(*found: Mapping[int, str]) -> dict[int, str]:
    """What is said of each id, in one sentence."""
    ids = {id: None for words in found for id in words}
    return {id: " and ".join(words[id] for words in found if id in words) for id in ids}
