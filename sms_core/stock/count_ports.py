"""What stock counts need from the outside."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sms_core.shared.documents import DocumentFilter
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.ports import MasterDataRepository
from sms_core.stock.counts import BinKey, CountEntry, CountLine, CountScope, CountState, StockCount


class CountSort(Enum):
    NUMBER = "number"
    STATE = "state"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, kw_only=True)
class CountFilter(DocumentFilter):
    number: str | None = None
    warehouse_id: int | None = None
    state: CountState | None = None


class CountRepository(MasterDataRepository[StockCount, CountFilter]):
    """Keeps counts with their sheets. Lists and locked ones come without the lines, which have
    ways of their own; `get` tells all of them, with the variance if it may be known."""

    @abstractmethod
    def header(self, id: int) -> StockCount:
        """The live one with this id and how many of its lines are counted, without them."""

    @abstractmethod
    def bins(self, warehouse_id: int, scope: CountScope, limit: int) -> list[CountLine]:
        """The bins within the scope with something in them, in the order in which one walks by,
        at most so many; nothing that is on its way."""

    @abstractmethod
    def lines(
        self, count_id: int, *, variant_ids: Collection[int] | None = None
    ) -> list[CountLine]:
        """The lines of the sheet in its order, or those of some variants; without variance."""

    @abstractmethod
    def add_lines(self, count_id: int, lines: Collection[CountLine]) -> dict[BinKey, str]:
        """Put bins on the sheet of an open count and set the ids of the lines. Those that are in
        another open count are not added: the answer names that one, by bin."""

    @abstractmethod
    def save_lines(self, lines: Collection[CountLine], entries: Collection[CountEntry]) -> None:
        """Store what was counted, and append how that came about."""

    @abstractmethod
    def counters(self, count_id: int) -> frozenset[int | None]:
        """The ids of the users who entered something, be it replaced since or not."""

    @abstractmethod
    def entries(self, count_id: int, page: PageRequest) -> Page[CountEntry]:
        """All that was ever entered, the newest first, a page at a time."""

    @abstractmethod
    def free_bins(self, count_id: int) -> None:
        """Let other counts have the bins of this one."""
