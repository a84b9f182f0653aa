"""The use cases of reordering: rules, what runs short, and drafts of the orders for it."""

# No postponed annotations here: see shared.services.

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sms_core.catalogue.services import needing_what_it_refers_to
from sms_core.purchasing.commands import CreatePurchaseOrder, OrderedLine
from sms_core.purchasing.ordering import OrderBook
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.ports import PurchaseOrderRepository, Ware
from sms_core.purchasing.reorder import (
    Offer,
    OrderedSuggestion,
    OrderSuggestions,
    ReorderRule,
    Suggestion,
    packs_of,
)
from sms_core.purchasing.reorder_ports import (
    ReorderReader,
    ReorderRuleFilter,
    ReorderRuleRepository,
    SuggestionFilter,
)
from sms_core.shared.documents import DocumentNumbers, Event, Journal
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, RuleBroken, Unknown, gathered, within
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.ports import Clock, UnitOfWork
from sms_core.shared.services import held
from sms_core.stock.entities import Warehouse
from sms_core.stock.levels import LevelKey
from sms_core.stock.places import LimitedService
from sms_core.stock.ports import LedgerRepository, WarehouseRepository


@dataclass(frozen=True)
class ReorderRuleService(LimitedService[ReorderRule, ReorderRuleFilter]):
    """Rules of when to order more; those of warehouses one may not see do not exist."""

    resource = "purchase_order"
    entity = ReorderRule

    repository: ReorderRuleRepository
    warehouses: WarehouseRepository
    ledger: LedgerRepository

    def restore(self, id: int, *, by: Actor) -> ReorderRule:
        """Bring one back; raises NotFound, Duplicate, and Conflict while its variant or
        warehouse is archived."""
        with needing_what_it_refers_to():
            return super().restore(id, by=by)

    def check(self, rule: ReorderRule, *, by: Actor) -> None:
        goods = self.ledger.hold_goods([rule.variant_id]).get(rule.variant_id)
        if goods is None:
            raise Unknown(f"There is no variant {rule.variant_id}.", pointer="/variant_id")
        if not by.sees(rule.warehouse_id):
            raise Unknown(f"There is no warehouse {rule.warehouse_id}.", pointer="/warehouse_id")
        held(self.warehouses, rule.warehouse_id, field="warehouse_id")
        rule.expect_countable(goods.places)

    def warehouse_of(self, rule: ReorderRule) -> int:
        return rule.warehouse_id


@dataclass(frozen=True, kw_only=True)
class Choice:
    """So many packs in sight, for a line of the order to make drafts."""

    index: int
    sight: Suggestion
    supplier_id: int
    packs: Decimal


@dataclass(frozen=True)
class ReorderService:
    """What runs short, and the drafts of the orders for it.

    All methods raise Forbidden when the actor lacks their permission.
    """

    uow: UnitOfWork
    clock: Clock
    reader: ReorderReader
    book: OrderBook
    orders: PurchaseOrderRepository
    numbers: DocumentNumbers
    journal: Journal

    def suggestions(
        self, filter: SuggestionFilter, page: PageRequest, *, by: Actor
    ) -> Page[Suggestion]:
        """What runs short in the warehouses one sees, and what to order, a page at a time."""
        by.require("purchase_order.view")
        now = self.clock.now()
        found = self.reader.suggestions(replace(filter, visible=by.warehouse_ids), page)
        timed = found.map(lambda one: replace(one, asked_at=now))
        return timed if by.may("cost.view") else timed.map(lambda one: one.without_costs())

    def authorise(self, command: OrderSuggestions, *, by: Actor) -> None:
        """Raise Forbidden for who may not draft orders, whatever they are about."""
        by.require("purchase_order.add")

    def order(self, command: OrderSuggestions, *, by: Actor) -> list[PurchaseOrder]:
        """Draft the orders, one per supplier and warehouse; raises Unknown, Invalid, RuleBroken.

        One error carries all that is wrong with the choice.
        """
        self.authorise(command, by=by)
        command.check()
        with self.uow:
            choices = self._choices(command.lines, by)
            orders = [self._draft(group, by) for group in _grouped(choices)]
        if not by.may("cost.view"):
            for order in orders:
                order.hide_costs()
        return orders

    def _choices(self, lines: Sequence[OrderedSuggestion], by: Actor) -> list[Choice]:
        """What is to be ordered of whom, line by line."""
        wares = self.book.wares.hold({line.variant_id for line in lines})
        seen = {line.warehouse_id for line in lines if by.sees(line.warehouse_id)}
        warehouses = self.book.warehouses.hold(seen)
        outlook = self.reader.outlook([_key(line) for line in lines])
        offers = self.reader.offers({line.variant_id for line in lines})
        chosen, errors = [], []
        for index, line in enumerate(lines):
            try:
                with within(f"/lines/{index}"):
                    _see_that_live(line, wares, warehouses)
                    offer = _offer(line, offers.get(line.variant_id, []), wares)
                    sight = replace(outlook[_key(line)], offer=offer)
                    chosen.append(_choice(index, line, sight, offer))
            except DomainError as error:
                errors.append(error)
        if errors:
            raise gathered(errors)
        return chosen

    def _draft(self, choices: Sequence[Choice], by: Actor) -> PurchaseOrder:
        """The draft for what is chosen of one supplier for one warehouse."""
        now = self.clock.now()
        with _pointing_to(choices):
            order = self.book.written(_command(choices, now), by=by)
        order.number = self.numbers.next(order.type)
        self.orders.add(order)
        event = Event(
            act="create",
            at=now,
            user_id=by.user_id,
            username=by.username,
            request_id=by.request_id,
            note="From the reorder suggestions.",
        )
        self.journal.write(order.ref, event)
        return order


def _key(line: OrderedSuggestion) -> LevelKey:
    return LevelKey(line.variant_id, line.warehouse_id)


def _see_that_live(
    line: OrderedSuggestion, wares: Mapping[int, Ware], warehouses: Mapping[int, Warehouse]
) -> None:
    if line.variant_id not in wares:
        raise Unknown(f"There is no variant {line.variant_id}.", pointer="/variant_id")
    if line.warehouse_id not in warehouses:
        raise Unknown(f"There is no warehouse {line.warehouse_id}.", pointer="/warehouse_id")


def _offer(line: OrderedSuggestion, offers: Sequence[Offer], wares: Mapping[int, Ware]) -> Offer:
    """The offer of the supplier who is named, else of the preferred one; raises RuleBroken."""
    if line.supplier_id is not None:
        own = (offer for offer in offers if offer.supplier_id == line.supplier_id)
        return next(own, Offer(supplier_id=line.supplier_id))
    if not offers:
        raise RuleBroken(
            f"Nobody is known to sell {wares[line.variant_id].code}: name a supplier, or enter "
            "one who does.",
            code="no_supplier",
            pointer="/supplier_id",
        )
    return offers[0]


def _choice(index: int, line: OrderedSuggestion, sight: Suggestion, offer: Offer) -> Choice:
    """The packs to order of what is in sight; raises Invalid, RuleBroken."""
    if line.quantity is not None:
        packs = packs_of(line.quantity, sight.pack_size)
    elif sight.is_short:
        packs = sight.packs
    else:
        raise RuleBroken(
            f"{sight.variant_code} does not run short in {sight.warehouse_code}: say how much "
            "to order.",
            code="not_short",
            pointer="/quantity",
        )
    return Choice(index=index, sight=sight, supplier_id=offer.supplier_id, packs=packs)


def _grouped(choices: Sequence[Choice]) -> Iterable[list[Choice]]:
    """Those that go on one order together, in the order in which they were chosen."""
    groups: dict[tuple[int, int], list[Choice]] = {}
    for choice in choices:
        groups.setdefault((choice.supplier_id, choice.sight.warehouse_id), []).append(choice)
    return groups.values()


def _command(choices: Sequence[Choice], now: datetime) -> CreatePurchaseOrder:
    """The order for these; it is expected when the slowest of them is."""
    days = [choice.sight.lead_days for choice in choices if choice.sight.lead_days is not None]
    return CreatePurchaseOrder(
        supplier_id=choices[0].supplier_id,
        warehouse_id=choices[0].sight.warehouse_id,
        expected_at=now + timedelta(days=max(days)) if days else None,
        lines=tuple(
            OrderedLine(
                variant_id=choice.sight.variant_id,
                quantity=choice.packs,
                pack_size=choice.sight.pack_size,
            )
            for choice in choices
        ),
    )


@contextmanager
def _pointing_to(choices: Sequence[Choice]) -> Iterator[None]:
    """Let what is wrong with a draft point to the chosen lines that led to it."""
    try:
        yield
    except DomainError as refusal:
        for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
            where = error.pointer.split("/")
            if where[1:2] == ["lines"] and len(where) > 3:
                chosen = choices[int(where[2])]
                error.pointer = "/".join(["", "lines", str(chosen.index), *where[3:]])
            else:
                error.pointer = f"/lines/{choices[0].index}{error.pointer}"
        raise
