"""The use cases of purchase orders that move no goods: draft, amend, place, close, cancel."""

# No postponed annotations here: see services.

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sms_core.catalogue.services import needing_what_it_refers_to
from sms_core.purchasing.commands import (
    CancelOrder,
    ChangePurchaseOrder,
    CloseOrder,
    CreatePurchaseOrder,
    OrderedLine,
    PlaceOrder,
    ReceiveOrder,
    ReopenOrder,
    ReturnOrder,
)
from sms_core.purchasing.ordering import OrderBook
from sms_core.purchasing.orders import PurchaseLine, PurchaseOrder, PurchaseState
from sms_core.purchasing.ports import PurchaseOrderFilter, PurchaseOrderRepository
from sms_core.purchasing.services import shown
from sms_core.shared.document_services import DocumentService
from sms_core.shared.documents import Event, WrongState
from sms_core.shared.entities import Actor, Change
from sms_core.shared.errors import Forbidden, RuleBroken
from sms_core.shared.paging import Page, PageRequest
from sms_core.stock.documents import Settled
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.moments import EARLIEST, TOLERANCE
from sms_core.stock.picking import plain

RIGHTS: Final[Mapping[type[Any], str]] = {
    CreatePurchaseOrder: "purchase_order.add",
    ChangePurchaseOrder: "purchase_order.change",
    PlaceOrder: "purchase_order.place",
    ReopenOrder: "purchase_order.place",
    CancelOrder: "purchase_order.place",
    CloseOrder: "purchase_order.place",
    ReceiveOrder: "purchase_order.receive",
    ReturnOrder: "purchase_order.return",
}
_HEADER = ("supplier_id", "warehouse_id", "reference", "expected_at", "notes")
_LINE = ("variant_id", "quantity", "pack_size", "unit_cost", "discount_percent", "tax_rate")
_COST = "unit_cost"


@dataclass(frozen=True)
class PurchaseOrderKeeping(DocumentService[PurchaseOrder, PurchaseOrderFilter]):
    """Purchase orders, but for what moves goods.

    Who may not see costs neither reads nor sets them.
    """

    resource = "purchase_order"
    entity = PurchaseOrder

    repository: PurchaseOrderRepository
    book: OrderBook

    def authorise(self, command: object, *, by: Actor) -> None:
        """Raise unless the actor may give this order at all; also asked before an answer that
        was given before is repeated."""
        right = RIGHTS.get(type(command))
        if right is None:
            raise Forbidden("Nobody may order this.")
        by.require(right)
        lines: Any = getattr(command, "lines", None)
        if isinstance(lines, tuple) and any(_cost_of(line) is not None for line in lines):
            by.require(SEES_COSTS)

    def get(self, id: int, *, by: Actor) -> PurchaseOrder:
        """The live one with this id; raises NotFound."""
        return shown(super().get(id, by=by), by)

    def search(
        self, filter: PurchaseOrderFilter, page: PageRequest, *, by: Actor
    ) -> Page[PurchaseOrder]:
        """The ones that match in the warehouses the actor sees, a page at a time."""
        return super().search(filter, page, by=by).map(lambda order: shown(order, by))

    def create(self, command: CreatePurchaseOrder, *, by: Actor) -> PurchaseOrder:
        """Draft one; raises Unknown, Invalid, RuleBroken, and Forbidden for costs from somebody
        who may not see them."""
        by.require("purchase_order.add")
        self.authorise(command, by=by)
        return shown(super().create(command, by=by), by)

    def drafted(self, command: CreatePurchaseOrder, *, by: Actor) -> PurchaseOrder:
        return self.book.written(command, by=by)

    def duplicate(self, id: int, *, by: Actor) -> PurchaseOrder:
        """Draft the same again at the same costs; raises NotFound, and what drafting does."""
        return shown(super().duplicate(id, by=by), by)

    def copy_of(self, order: PurchaseOrder) -> CreatePurchaseOrder:
        return CreatePurchaseOrder(
            supplier_id=order.supplier_id,
            warehouse_id=order.warehouse_id,
            notes=order.notes,
            lines=tuple(
                OrderedLine(**{name: getattr(line, name) for name in _LINE})
                for line in order.lines
                if line.quantity
            ),
        )

    def change(self, command: Change, *, by: Actor) -> PurchaseOrder:
        """Change a draft, or amend what was placed (then with the right to place as well).

        Raises NotFound, Stale, WrongState, Invalid, Unknown, RuleBroken, and Conflict for less
        than has come.
        """
        by.require("purchase_order.change")
        self.authorise(command, by=by)
        values = command.values()
        wanted = values.pop("lines", None)
        with self.uow:
            order = self._for_act(command.id, command.version, "change", by)
            if not order.is_draft:
                by.require("purchase_order.place")
                _see_that_header_stays(order, values)
            before = _facts(order)
            order.change(**values)
            self.book.write(order, wanted, by=by)
            if not order.is_draft:
                _see_that_something_ordered(order)
                self.book.announce(order)
            order.settle()
            self.repository.save(order)
            self.note("change", order, by=by, changes=_changes(before, _facts(order)))
        return shown(order, by)

    def restore(self, id: int, *, by: Actor) -> PurchaseOrder:
        """Bring an archived draft back; raises NotFound, and Conflict while what it names is
        archived."""
        by.require("purchase_order.delete")
        with self.uow, needing_what_it_refers_to():
            order = super().restore(id, by=by)
            self.book.see_that_live(order)
        return shown(order, by)

    def history(self, id: int, *, by: Actor) -> list[Event]:
        """What was done with the order, the oldest first; raises NotFound."""
        events = super().history(id, by=by)
        return events if by.may(SEES_COSTS) else [_without_costs(event) for event in events]

    def place(self, command: PlaceOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Send it to the supplier; raises NotFound, Stale, WrongState, RuleBroken without lines
        and Unknown for what is gone by now."""
        self.authorise(command, by=by)
        with self.uow:
            order = self._for_act(command.id, command.version, "place", by)
            _see_that_something_ordered(order)
            self.book.see_that_orderable(order)
            self.book.announce(order)
            order.placed_at = self._moment(command.occurred_at)
            return self._enter(order, PurchaseState.PLACED, "place", command, by)

    def reopen(self, command: ReopenOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Take it back into the drafts; raises NotFound, Stale, WrongState, Conflict."""
        self.authorise(command, by=by)
        with self.uow:
            order = self._for_act(command.id, command.version, "reopen", by)
            order.see_that_unmoved("reopen")
            self._moment(command.occurred_at)
            order.placed_at = None
            return self._enter(order, PurchaseState.DRAFT, "reopen", command, by)

    def cancel(self, command: CancelOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Expect nothing of it any more; raises NotFound, Stale, and WrongState once something
        has come: then it can be closed."""
        self.authorise(command, by=by)
        with self.uow:
            order = self._for_act(command.id, command.version, "cancel", by)
            order.see_that_unmoved("cancel")
            self._moment(command.occurred_at)
            return self._enter(order, PurchaseState.CANCELLED, "cancel", command, by)

    def close(self, command: CloseOrder, *, by: Actor) -> Settled[PurchaseOrder]:
        """Expect no more of it; raises NotFound, Stale, WrongState."""
        self.authorise(command, by=by)
        with self.uow:
            order = self._for_act(command.id, command.version, "close", by)
            self._moment(command.occurred_at)
            return self._enter(order, PurchaseState.CLOSED, "close", command, by)

    def is_seen(self, order: PurchaseOrder, *, by: Actor) -> bool:
        return by.sees(order.warehouse_id)

    def check(self, order: PurchaseOrder, *, by: Actor) -> None:
        """What an order names was held when it was written."""

    def _for_act(self, id: int, version: int | None, act: str, by: Actor) -> PurchaseOrder:
        order = self.repository.get_for_update(id)
        self.guard([order], by=by)
        order.expect_version(version)
        order.see_that_may(act)
        return order

    def _enter(
        self, order: PurchaseOrder, state: PurchaseState, act: str, command: Any, by: Actor
    ) -> Settled[PurchaseOrder]:
        order.state = state
        self.repository.save(order)
        happened = {"occurred_at": (None, _text(command.occurred_at))}
        changes = happened if command.occurred_at else {}
        self.note(act, order, by=by, note=command.note, changes=changes)
        return Settled(document=shown(order, by))

    def _moment(self, asked: datetime | None) -> datetime:
        """When something happened that moves no goods; raises RuleBroken for what is to come."""
        now = self.clock.now()
        if asked is not None and asked > now + TOLERANCE:
            raise RuleBroken("This lies in the future.", code="in_future", pointer="/occurred_at")
        if asked is not None and asked < EARLIEST:
            raise RuleBroken("This is too long ago.", code="too_old", pointer="/occurred_at")
        return now if asked is None else min(asked, now)


def _cost_of(line: Any) -> Any:
    """The unit cost that a line sends, if it sends one."""
    return getattr(line, _COST, None)


def _see_that_something_ordered(order: PurchaseOrder) -> None:
    if not order.lines:
        raise RuleBroken("Give at least one line.", code="required", pointer="/lines")


def _see_that_header_stays(order: PurchaseOrder, values: Mapping[str, Any]) -> None:
    for field in ("supplier_id", "warehouse_id"):
        if values.get(field, getattr(order, field)) != getattr(order, field):
            words = field.removesuffix("_id")
            raise WrongState(
                f"{order.number} was placed: its {words} is fixed. Reopen it while nothing has "
                "come, or duplicate it.",
                pointer=f"/{field}",
            )


def _facts(order: PurchaseOrder) -> dict[str, str | None]:
    """What can be changed of an order, as texts by name."""
    facts = {name: _text(getattr(order, name)) for name in _HEADER}
    for line in order.lines:
        facts |= _line_facts(line)
    return facts


def _line_facts(line: PurchaseLine) -> dict[str, str | None]:
    return {f"lines/{line.id}/{name}": _text(getattr(line, name)) for name in _LINE}


def _changes(
    before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> dict[str, tuple[str | None, str | None]]:
    names = [*before, *(name for name in after if name not in before)]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _without_costs(event: Event) -> Event:
    seen = {name: pair for name, pair in event.changes.items() if not name.endswith(_COST)}
    return replace(event, changes=seen)
