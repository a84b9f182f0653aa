"""What papers need from the outside beside the documents themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

from sms_core.papers.views import Item, Party, RejectedRow
from sms_core.stock.entities import Warehouse
from sms_core.stock.levels import Level


class PaperSources(ABC):
    """Names of what papers are about; archived things keep theirs. Each answer is one query."""

    @abstractmethod
    def items(self, variant_ids: Collection[int]) -> dict[int, Item]:
        """These variants by id."""

    @abstractmethod
    def supplier_codes(self, supplier_id: int, variant_ids: Collection[int]) -> dict[int, str]:
        """What the supplier calls these variants; absent: nobody said."""

    @abstractmethod
    def locations(self, ids: Collection[int]) -> dict[int, str]:
        """The codes of these locations by id."""

    @abstractmethod
    def warehouse(self, id: int) -> Warehouse:
        """The warehouse with this id; raises NotFound."""

    @abstractmethod
    def supplier(self, id: int) -> Party:
        """The supplier with this id; raises NotFound."""

    @abstractmethod
    def customer(self, id: int) -> Party:
        """The customer with this id; raises NotFound."""

    @abstractmethod
    def levels(self, warehouse_id: int, variant_ids: Collection[int]) -> dict[int, Level]:
        """What a warehouse has of these variants, bin by bin, not locked; absent: nothing ever.
        It takes two queries."""

    @abstractmethod
    def rejected(self, posting_id: int) -> tuple[RejectedRow, ...]:
        """What was not accepted of the delivery that this receipt recorded."""
