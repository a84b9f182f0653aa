"""The use cases of printing: each gathers what stands on one paper, from one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from sms_core.company.ports import CompanyRepository
from sms_core.papers.ports import PaperSources
from sms_core.papers.views import (
    CountRow,
    CountSheet,
    DeliveryNote,
    GoodsRow,
    Item,
    Party,
    PickList,
    PurchasePaper,
    ReceivedNote,
)
from sms_core.purchasing.ports import PurchaseOrderRepository
from sms_core.selling.orders import SalesLine, SalesOrder
from sms_core.selling.ports import SalesOrderRepository
from sms_core.shared.documents import Journal
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, NotFound, Unknown
from sms_core.shared.ports import Snapshot
from sms_core.stock.count_ports import CountRepository
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.kinds import Kind
from sms_core.stock.ledger_ports import Calendar
from sms_core.stock.levels import ZERO
from sms_core.stock.picking import Picking, Wish
from sms_core.stock.ports import StockReader
from sms_core.stock.views import EntryView, PostingView


@dataclass(frozen=True)
class PaperService:
    """Gathers papers for whoever may see what they are about; a document of a warehouse that the
    actor does not see does not exist. All raise Forbidden and NotFound."""

    snapshot: Snapshot
    calendar: Calendar
    companies: CompanyRepository
    purchase_orders: PurchaseOrderRepository
    sales_orders: SalesOrderRepository
    counts: CountRepository
    journal: Journal
    reader: StockReader
    sources: PaperSources

    def purchase_order(self, id: int, *, by: Actor) -> PurchasePaper:
        """An order as it goes to the supplier; without costs for those who may not see them."""
        by.require("purchase_order.view")
        with self.snapshot:
            order = self.purchase_orders.get(id)
            _see(order.warehouse_id, by, f"There is no purchase order {id}.")
            if not by.may(SEES_COSTS):
                order.hide_costs()
            variants = {line.variant_id for line in order.lines}
            return PurchasePaper(
                company=self.companies.get(),
                warehouse=self.sources.warehouse(order.warehouse_id),
                order=order,
                supplier=self.sources.supplier(order.supplier_id),
                items=self.sources.items(variants),
                supplier_codes=self.sources.supplier_codes(order.supplier_id, variants),
                shows_costs=by.may(SEES_COSTS),
            )

    def pick_list(self, id: int, *, by: Actor) -> PickList:
        """Where to fetch what is reserved for an order, place by place.

        Raises Conflict when nothing is reserved for it.
        """
        by.require("sales_order.view")
        with self.snapshot:
            order = self._sales_order(id, by)
            reserved = [line for line in order.lines if line.progress.reserved]
            if not reserved:
                raise Conflict(
                    f"Nothing is reserved for {order.number}: there is nothing to fetch.",
                    code="nothing_reserved",
                )
            warehouse = self.sources.warehouse(order.warehouse_id)
            picks, missing = self._picked(reserved, warehouse.id, warehouse.default_location_id)
            return PickList(
                company=self.companies.get(),
                warehouse=warehouse,
                order=order,
                customer=self._customer(order),
                picks=tuple(sorted(_merged(picks), key=_walk)),
                missing=tuple(missing),
            )

    def delivery_note(self, id: int, *, posting_id: int | None = None, by: Actor) -> DeliveryNote:
        """What went out by a shipment of an order, by its last one unless it is named.

        Raises Unknown for a posting that is no shipment of it, Conflict when nothing went out.
        """
        by.require("sales_order.view")
        with self.snapshot:
            order = self._sales_order(id, by)
            posting, entries = self._shipment(order, posting_id, by)
            items = self.sources.items({line.variant_id for line in order.lines})
            return DeliveryNote(
                company=self.companies.get(),
                warehouse=self.sources.warehouse(order.warehouse_id),
                order=order,
                customer=self._customer(order),
                posting=posting.without_costs(),
                goods=_merged(
                    GoodsRow(
                        item=items[entry.variant_id],
                        quantity=-entry.quantity,
                        lot_code=entry.lot_code,
                    )
                    for entry in entries
                ),
                to_follow=tuple(
                    GoodsRow(item=_sold(line, items), quantity=line.unshipped)
                    for line in order.lines
                    if order.is_waiting and line.unshipped
                ),
            )

    def goods_received(self, posting_id: int, *, by: Actor) -> ReceivedNote:
        """What came in by a receipt, as far as the actor sees it; raises Conflict for a posting
        that is none."""
        by.require("stock.view")
        with self.snapshot:
            posting = self.reader.posting(posting_id, by.warehouse_ids)
            if posting.kind != Kind.RECEIPT.value:
                raise Conflict(
                    f"{posting.number} is no receipt: nothing came in that could be noted.",
                    code="no_receipt",
                )
            entries = _standing(posting)
            items = self.sources.items({entry.variant_id for entry in posting.entries})
            places = self.sources.locations({e.location_id for e in entries if e.location_id})
            supplier = posting.supplier_id
            return ReceivedNote(
                company=self.companies.get(),
                warehouse=self.sources.warehouse(posting.entries[0].warehouse_id),
                supplier=self.sources.supplier(supplier) if supplier else None,
                posting=posting.without_costs(),
                goods=tuple(
                    GoodsRow(
                        item=items[entry.variant_id],
                        quantity=entry.quantity,
                        location_code=places.get(entry.location_id or 0, ""),
                        lot_code=entry.lot_code,
                    )
                    for entry in entries
                ),
                rejected=tuple(
                    row
                    for row in self.sources.rejected(posting_id)
                    if row.line not in posting.reversed_lines
                ),
            )

    def count_sheet(self, id: int, *, by: Actor) -> CountSheet:
        """What is still to be counted, in the order in which one walks by; once all of it was,
        the whole sheet. Raises Conflict before the sheet was handed out."""
        by.require("stock_count.view")
        with self.snapshot:
            count = self.counts.get(id)
            _see(count.warehouse_id, by, f"There is no stock count {id}.")
            if not count.lines:
                raise Conflict(
                    f"{count.number} has no sheet yet: start it first.", code="not_started"
                )
            lines = [line for line in count.lines if not line.is_counted] or count.lines
            items = self.sources.items({line.variant_id for line in lines})
            places = self.sources.locations({line.location_id for line in lines})
            rows = (
                CountRow(
                    item=items[line.variant_id],
                    location_code=places[line.location_id],
                    lot_code=line.lot_code,
                    expires_on=line.expires_on,
                )
                for line in lines
            )
            return CountSheet(
                company=self.companies.get(),
                warehouse=self.sources.warehouse(count.warehouse_id),
                count=replace(count, lines=()),
                bins=tuple(sorted(rows, key=_walk)),
            )

    def _sales_order(self, id: int, by: Actor) -> SalesOrder:
        order = self.sales_orders.get(id)
        _see(order.warehouse_id, by, f"There is no sales order {id}.")
        return order

    def _customer(self, order: SalesOrder) -> Party | None:
        return self.sources.customer(order.customer_id) if order.customer_id else None

    def _picked(
        self, lines: Collection[SalesLine], warehouse_id: int, default_location_id: int
    ) -> tuple[list[GoodsRow], list[GoodsRow]]:
        """What shipping would take for these lines, and what of it is not to be found."""
        variants = {line.variant_id for line in lines}
        items = self.sources.items(variants)
        levels = self.sources.levels(warehouse_id, variants)
        today = self.calendar.now().today
        picks: list[GoodsRow] = []
        missing: list[GoodsRow] = []
        for variant_id in sorted(variants):
            wishes = [
                Wish(index=index, quantity=line.progress.reserved)
                for index, line in enumerate(lines)
                if line.variant_id == variant_id
            ]
            level, item = levels[variant_id], items[variant_id]
            asked = sum((wish.quantity for wish in wishes), ZERO)
            promised = max(level.reserved - asked, ZERO)
            picking = Picking(level, default_location_id, today, promised)
            found = [pick for served in picking.serve(wishes).values() for pick in served]
            picks += [
                GoodsRow(
                    item=item,
                    quantity=pick.quantity,
                    location_code=pick.bin.location.code,
                    lot_code=pick.bin.lot.code if pick.bin.lot else None,
                    expires_on=pick.bin.lot.expires_on if pick.bin.lot else None,
                )
                for pick in found
            ]
            if short := asked - sum((pick.quantity for pick in found), ZERO):
                missing.append(GoodsRow(item=item, quantity=short))
        return picks, missing

    def _shipment(
        self, order: SalesOrder, posting_id: int | None, by: Actor
    ) -> tuple[PostingView, list[EntryView]]:
        """A shipment of the order, and what of it was not undone."""
        made = self.journal.postings(order.type, [order.id], by.warehouse_ids)
        shipments = [p.id for p in made.get(order.id, ()) if p.kind == Kind.SHIPMENT.value]
        if posting_id is not None and posting_id not in shipments:
            raise Unknown(f"{posting_id} is no shipment of {order.number}.", pointer="/posting_id")
        for id in reversed(shipments) if posting_id is None else [posting_id]:
            posting = self.reader.posting(id, by.warehouse_ids)
            if entries := _standing(posting):
                return posting, entries
        raise Conflict(
            f"Nothing of {order.number} was shipped, or it was undone.", code="nothing_shipped"
        )


def _see(warehouse_id: int, by: Actor, otherwise: str) -> None:
    if not by.sees(warehouse_id):
        raise NotFound(otherwise)


def _standing(posting: PostingView) -> list[EntryView]:
    """What a posting moved and nobody has undone."""
    undone = frozenset(posting.reversed_lines)
    return [entry for entry in posting.entries if entry.quantity and entry.line not in undone]


def _merged(rows: Iterable[GoodsRow]) -> tuple[GoodsRow, ...]:
    """One row for what is the same, from the same place and of the same lot."""
    found: dict[GoodsRow, Decimal] = {}
    for row in rows:
        same = replace(row, quantity=ZERO)
        found[same] = found.get(same, ZERO) + row.quantity
    return tuple(replace(row, quantity=quantity) for row, quantity in found.items())


def _sold(line: SalesLine, items: dict[int, Item]) -> Item:
    """A line under the name it was agreed on."""
    item = items[line.variant_id]
    return replace(item, code=line.code or item.code, name=line.description or item.name)


def _walk(row: GoodsRow | CountRow) -> tuple[str, str, str]:
    """The order in which one goes along the shelves."""
    return row.location_code, row.item.code, row.lot_code or ""
