"""What can be printed in these tests: a little of everything, kept in dictionaries."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sms_core.company.entities import Company
from sms_core.papers.ports import PaperSources
from sms_core.papers.services import PaperService
from sms_core.papers.views import Item, Party, RejectedRow
from sms_core.purchasing.orders import PurchaseLine, PurchaseOrder, PurchaseState
from sms_core.selling.amounts import Terms
from sms_core.selling.orders import SalesLine, SalesOrder, SalesState
from sms_core.selling.progress import Progress, Promised
from sms_core.shared.documents import DocumentPosting, DocumentRef, DocumentType
from sms_core.shared.entities import Actor
from sms_core.shared.errors import NotFound
from sms_core.stock.counts import CountLine, CountState, StockCount
from sms_core.stock.entities import Location, LocationKind, Lot, Warehouse
from sms_core.stock.levels import Bin, Level, LevelKey
from sms_core.stock.views import EntryView, PostingView
from tests.fakes.base import FixedClock
from tests.fakes.ledger import FixedCalendar

CHAI, CHEESE = 1, 2
MAIN, SHELF, COLD, QUARANTINE = 1, 11, 12, 13
PURCHASE, SALE, COUNT, SHIPMENT, RECEIPT = 21, 22, 23, 31, 32
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHTS = frozenset(
    {"purchase_order.view", "sales_order.view", "stock.view", "stock_count.view", "cost.view"}
)
REF = DocumentRef(DocumentType.SALES_ORDER, SALE, "SO-2026-000001")


def clerk(*without: str, warehouse_ids: frozenset[int] | None = None) -> Actor:
    return Actor(
        user_id=7,
        username="anna",
        permissions=RIGHTS - set(without),
        warehouse_ids=warehouse_ids,
    )


class Kept(dict[int, Any]):
    """Things by their id."""

    def get(self, id: int) -> Any:  # type: ignore[override]
        if id not in self:
            raise NotFound(f"There is nothing {id}.")
        return deepcopy(self[id])


@dataclass
class Sources(PaperSources):
    """Names from memory."""

    stock: dict[int, Level] = field(default_factory=dict)
    refused: tuple[RejectedRow, ...] = ()

    def items(self, variant_ids: Collection[int]) -> dict[int, Item]:
        known = {
            CHAI: Item(code="CHAI", name="Chai", unit="pc"),
            CHEESE: Item(code="CHEESE", name="Käse", unit="kg"),
        }
        return {id: known[id] for id in variant_ids}

    def supplier_codes(self, supplier_id: int, variant_ids: Collection[int]) -> dict[int, str]:
        return {CHAI: "4711"}

    def locations(self, ids: Collection[int]) -> dict[int, str]:
        known = {SHELF: "A-01", COLD: "COLD", QUARANTINE: "QUARANTINE"}
        return {id: known[id] for id in ids}

    def warehouse(self, id: int) -> Warehouse:
        return Warehouse(id=id, code="MAIN", name="Depot", default_location_id=SHELF)

    def supplier(self, id: int) -> Party:
        return Party(code="EXO", name="Exotic Liquids", address="49 Gilbert St.")

    def customer(self, id: int) -> Party:
        return Party(code="ALFKI", name="Alfreds Futterkiste", address="Obere Str. 57")

    def levels(self, warehouse_id: int, variant_ids: Collection[int]) -> dict[int, Level]:
        return {id: deepcopy(self.stock[id]) for id in variant_ids}

    def rejected(self, posting_id: int) -> tuple[RejectedRow, ...]:
        return self.refused


@dataclass
class Desk:
    """Where papers are printed."""

    def __post_init__(self) -> None:
        self.purchases, self.sales, self.counts, self.postings = Kept(), Kept(), Kept(), Kept()
        self.sources = Sources()
        self.made: list[DocumentPosting] = []
        self.papers = PaperService(
            snapshot=nullcontext(),
            calendar=FixedCalendar(FixedClock(AT)),
            companies=self,  # type: ignore[arg-type]
            purchase_orders=self.purchases,  # type: ignore[arg-type]
            sales_orders=self.sales,  # type: ignore[arg-type]
            counts=self.counts,  # type: ignore[arg-type]
            journal=_Journal(self),  # type: ignore[arg-type]
            reader=_Reader(self),  # type: ignore[arg-type]
            sources=self.sources,
        )

    def get(self) -> Company:
        return Company(name="Söhne", address="12 Canal Road")

    def buy(self, *lines: PurchaseLine) -> PurchaseOrder:
        self.purchases[PURCHASE] = PurchaseOrder(
            id=PURCHASE,
            number="PO-2026-000001",
            supplier_id=1,
            warehouse_id=MAIN,
            state=PurchaseState.PLACED,
            placed_at=AT,
            lines=list(lines),
        )
        return self.purchases[PURCHASE]

    def sell(self, *lines: SalesLine, **more: Any) -> SalesOrder:
        values: dict[str, Any] = {"customer_id": 1, "state": SalesState.CONFIRMED, **more}
        self.sales[SALE] = SalesOrder(
            id=SALE,
            number="SO-2026-000001",
            warehouse_id=MAIN,
            ordered_at=AT,
            lines=list(lines),
            **values,
        )
        return self.sales[SALE]

    def count(self, *lines: CountLine) -> StockCount:
        self.counts[COUNT] = StockCount(
            id=COUNT,
            number="SC-2026-000001",
            warehouse_id=MAIN,
            state=CountState.COUNTING,
            lines=lines,
        )
        return self.counts[COUNT]

    def stock(self, variant_id: int, *bins: Bin, reserved: int) -> None:
        self.sources.stock[variant_id] = Level(
            id=variant_id,
            key=LevelKey(variant_id, MAIN),
            on_hand=sum((bin.on_hand for bin in bins), Decimal(0)),
            reserved=Decimal(reserved),
            bins=list(bins),
        )

    def post(self, id: int, kind: str, *entries: EntryView, **more: Any) -> None:
        self.postings[id] = PostingView(
            id=id,
            number=f"{kind[:3].upper()}-{id}",
            kind=kind,
            occurred_at=AT,
            recorded_at=AT,
            user_id=7,
            username="anna",
            request_id="",
            reference=more.pop("reference", ""),
            note="",
            reason_code=None,
            supplier_id=more.pop("supplier_id", None),
            customer_id=None,
            reverses_id=None,
            entry_count=len(entries),
            entries=entries,
            **more,
        )
        if kind == "shipment":
            self.made.append(
                DocumentPosting(
                    id=id,
                    number=f"SHI-{id}",
                    kind=kind,
                    occurred_at=AT,
                    recorded_at=AT,
                    username="anna",
                    reference="",
                    note="",
                    reverses_id=None,
                )
            )


@dataclass
class _Journal:
    desk: Desk

    def postings(self, type: Any, ids: Any, visible: Any) -> dict[int, Any]:
        return {SALE: tuple(self.desk.made)}


@dataclass
class _Reader:
    desk: Desk

    def posting(self, id: int, visible: frozenset[int] | None) -> PostingView:
        if visible is not None and MAIN not in visible:
            raise NotFound(f"There is no posting {id}.")
        posting: PostingView = self.desk.postings.get(id)
        return posting


def entry(line: int, variant_id: int, quantity: int, **more: Any) -> EntryView:
    values: dict[str, Any] = {
        "id": line,
        "posting_id": 0,
        "kind": "receipt",
        "variant_code": "",
        "warehouse_id": MAIN,
        "location_id": SHELF,
        "lot_code": None,
        "seq": 1,
        "reserved": Decimal(0),
        "value": Decimal(99),
        "unit_cost": Decimal(99),
        "cost_source": None,
        "on_hand_after": Decimal(0),
        "reserved_after": Decimal(0),
        "value_after": Decimal(99),
        "counterpart": "supplier",
        "occurred_at": AT,
        "recorded_at": AT,
        "hash": "",
        **more,
    }
    return EntryView(line=line, variant_id=variant_id, quantity=Decimal(quantity), **values)


def sold(variant_id: int, quantity: int, *, reserved: int = 0, shipped: int = 0) -> SalesLine:
    promised = (Promised(reservation_id=1, quantity=Decimal(reserved)),) if reserved else ()
    return SalesLine(
        id=variant_id,
        variant_id=variant_id,
        code={CHAI: "CHAI", CHEESE: "CHEESE"}[variant_id],
        description="as agreed",
        quantity=Decimal(quantity),
        terms=Terms(unit_price=Decimal("7.77")),
        progress=Progress(shipped=Decimal(shipped), promised=promised),
    )


def bin_of(
    location_id: int, code: str, on_hand: int, lot: str = "", expires_on: date | None = None
) -> Bin:
    kind = LocationKind.QUARANTINE if location_id == QUARANTINE else LocationKind.STORAGE
    place = Location(id=location_id, warehouse_id=MAIN, code=code, name=code, kind=kind)
    batch = Lot(id=len(lot), variant_id=CHEESE, code=lot, expires_on=expires_on) if lot else None
    return Bin(location=place, lot=batch, on_hand=Decimal(on_hand))
