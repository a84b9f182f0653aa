"""Counting what there is: a sheet of bins, what people found in them, and how far it has come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Final

from sms_core.shared.documents import Document, DocumentType
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Forbidden, Invalid, RuleBroken
from sms_core.shared.numbers import QUANTITY_LIMIT, exact
from sms_core.shared.text import fold
from sms_core.stock.levels import ZERO, Goods
from sms_core.stock.lines import Counted, NamedLot
from sms_core.stock.picking import plain

MAX_SHEET = 10_000
MAX_ENTERED = 1_000
MAX_SCOPE = 1_000
DEFAULT_REASON = "count-difference"

# What makes a bin one: the variant, the location and the folded code of the lot, "" without one.
BinKey = tuple[int, int, str]


class CountState(Enum):
    """How far a count has come."""

    DRAFT = "draft"
    COUNTING = "counting"
    TO_APPROVE = "to_approve"
    POSTED = "posted"
    CANCELLED = "cancelled"


OPEN_COUNTS: Final = frozenset({CountState.COUNTING, CountState.TO_APPROVE})


@dataclass(frozen=True, kw_only=True)
class CountScope:
    """What is counted: these locations, this category with all below it, these variants. Each
    narrows the others; none of them: the whole warehouse."""

    location_ids: tuple[int, ...] = ()
    category_id: int | None = None
    variant_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for field in ("location_ids", "variant_ids"):
            ids = tuple(sorted(set(getattr(self, field))))
            if len(ids) > MAX_SCOPE:
                raise Invalid(
                    f"This list may have at most {MAX_SCOPE} items.",
                    code="max_length",
                    pointer=f"/scope/{field}",
                )
            object.__setattr__(self, field, ids)


WHOLE_WAREHOUSE: Final = CountScope()


@dataclass(kw_only=True)
class CountLine:
    """A bin on the sheet, and what was found in it: nothing is known until somebody counted.

    `variance`, and what it is worth, is what the posting did once it is posted, and what it would
    do as long as the count is looked at; while people count it is nobody's business.
    """

    variant_id: int
    location_id: int
    lot_code: str | None = None
    expires_on: date | None = None
    id: int = 0
    counted_quantity: Decimal | None = None
    counted_at: datetime | None = None
    counted_by: str | None = None
    variance: Decimal | None = None
    variance_value: Decimal | None = None

    @property
    def bin(self) -> BinKey:
        """Which bin it is."""
        return self.variant_id, self.location_id, fold(self.lot_code or "")

    @property
    def is_counted(self) -> bool:
        """Whether somebody said what is there."""
        return self.counted_quantity is not None

    def count(self, said: Entered, goods: Goods, *, at: datetime, by: Actor) -> None:
        """Take down what somebody found; raises Invalid and RuleBroken."""
        found, field = said.quantity or ZERO, "quantity"
        if said.add is not None:
            found, field = (self.counted_quantity or ZERO) + said.add, "add"
        if found < 0:
            raise Invalid(
                f"No less than 0 {goods.code} can be there.", code="negative", pointer=f"/{field}"
            )
        found = exact(found, places=goods.places, limit=QUANTITY_LIMIT, field=field)
        if said.add is not None and self.counted_at is not None:
            at = max(at, self.counted_at)
        self.say(found, at=at, by=by)

    def say(self, quantity: Decimal, *, at: datetime, by: Actor) -> None:
        """Take down that so much is there."""
        self.counted_quantity, self.counted_at, self.counted_by = quantity, at, by.username

    def clear(self) -> None:
        """Have it counted again."""
        self.counted_quantity = self.counted_at = self.counted_by = None

    def as_posted(self, warehouse_id: int) -> Counted:
        """What the ledger is told; the line was counted."""
        return Counted(
            variant_id=self.variant_id,
            warehouse_id=warehouse_id,
            location_id=self.location_id,
            lot=None
            if self.lot_code is None
            else NamedLot(code=self.lot_code, expires_on=self.expires_on),
            counted_quantity=self.counted_quantity or ZERO,
            counted_at=self.counted_at,
            document_line=self.id,
        )


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What somebody said of a line: that so much is there, or so much more than said before."""

    quantity: Decimal | None = None
    add: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class CountEntry:
    """A line of what people entered, never changed. Without a quantity the line was cleared, to
    be counted again; `is_added`: it was added to what had been counted before."""

    line_id: int
    quantity: Decimal | None
    is_added: bool
    counted_at: datetime
    recorded_at: datetime
    user_id: int | None
    username: str


@dataclass(kw_only=True)
class StockCount(Document):
    """A count of a warehouse, or of a part of it, from the empty sheet to the posting.

    `lines` are there when it is looked at; whoever counts locks the count and reads those lines
    only that he needs.
    """

    name_of_kind: ClassVar[str] = "stock count"
    type: ClassVar[DocumentType] = DocumentType.STOCK_COUNT
    acts: ClassVar[Mapping[Any, tuple[str, ...]]] = {
        CountState.DRAFT: ("start", "change", "duplicate", "delete"),
        CountState.COUNTING: ("enter", "recount", "approve", "post", "cancel", "duplicate"),
        CountState.TO_APPROVE: ("approve", "post", "recount", "cancel", "duplicate"),
        CountState.POSTED: ("duplicate",),
        CountState.CANCELLED: ("duplicate",),
    }

    warehouse_id: int
    scope: CountScope = WHOLE_WAREHOUSE
    state: CountState = CountState.DRAFT
    started_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    line_count: int = 0
    counted_count: int = 0
    variance_value: Decimal | None = None
    lines: tuple[CountLine, ...] = ()

    @property
    def is_blind(self) -> bool:
        """Whether nobody may know yet what the books say."""
        return self.state not in {CountState.TO_APPROVE, CountState.POSTED}

    @property
    def is_approved(self) -> bool:
        """Whether somebody else has looked at it and agreed."""
        return self.approved_at is not None

    def without_costs(self) -> StockCount:
        """The same for those who may not see costs."""
        lines = tuple(replace(line, variance_value=None) for line in self.lines)
        return replace(self, variance_value=None, lines=lines)

    def start(self, at: datetime, sheet: Collection[CountLine]) -> None:
        """Hand out the sheet; raises RuleBroken when it is too long."""
        if len(sheet) > MAX_SHEET:
            raise RuleBroken(
                f"More than {MAX_SHEET} bins are to be counted: narrow it to some locations, a "
                "category or some variants, and count the rest in another one.",
                code="too_many",
                pointer="/scope",
            )
        self.state, self.started_at = CountState.COUNTING, at

    def hand_in(self) -> None:
        """Say that all is counted that will be."""
        self.state = CountState.TO_APPROVE

    def recount(self) -> None:
        """Go back to counting; what was agreed to holds no more."""
        self.state = CountState.COUNTING
        self.approved_by = self.approved_at = None

    def approve(self, counters: Collection[int | None], *, at: datetime, by: Actor) -> None:
        """Agree to what was counted; raises Forbidden to whoever counted some of it."""
        if by.user_id in counters:
            raise Forbidden(
                f"You counted some of {self.number} yourself: somebody else must approve it.",
                code="own_count",
            )
        self.state = CountState.TO_APPROVE
        self.approved_by, self.approved_at = by.username, at

    def see_that_agreed(self, value: Decimal, threshold: Decimal | None, *, tells: bool) -> None:
        """Raise Conflict where so much is wrong that somebody else must approve it first."""
        if threshold is None or value <= threshold or self.is_approved:
            return
        much = f" ({plain(value)} in all, the limit is {plain(threshold)})" if tells else ""
        raise Conflict(
            f"What {self.number} finds to be wrong is worth so much{much} that somebody who "
            "counted none of it must approve it first.",
            code="needs_approval",
        )

    def close(self, state: CountState) -> None:
        """Be done with it: posted, or cancelled."""
        self.state = state

    def see_that_counted(self, how_many: int) -> None:
        """Raise Conflict when nothing was counted yet."""
        if not how_many:
            raise Conflict(f"Nothing of {self.number} was counted yet.", code="nothing_counted")

    def counted_at(self, asked: datetime | None, *, now: datetime, latest: datetime) -> datetime:
        """When something was counted: now, or when it is said; raises RuleBroken for what lies
        after `latest` or before the sheet was handed out."""
        at = asked or now
        if at > latest:
            raise RuleBroken("This lies in the future.", code="in_future", pointer="/counted_at")
        if self.started_at is not None and at < self.started_at:
            raise RuleBroken(
                f"The count began at {self.started_at.isoformat()}.",
                code="before_start",
                pointer="/counted_at",
            )
        return min(at, now)
