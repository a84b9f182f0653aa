"""How an order is written: its lines as somebody wants them, checked, with their defaults."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from sms_core.catalogue.products import RATE_LIMIT, RATE_PLACES
from sms_core.purchasing.commands import CreatePurchaseOrder, OrderedLine
from sms_core.purchasing.entities import SupplierItem, checked_cost, checked_pack
from sms_core.purchasing.orders import PurchaseLine, PurchaseOrder
from sms_core.purchasing.ports import SupplierItemRepository, SupplierRepository, Ware, Wares
from sms_core.shared.document_lines import matched
from sms_core.shared.entities import Actor
from sms_core.shared.errors import (
    Conflict,
    DomainError,
    Invalid,
    RuleBroken,
    Unknown,
    gathered,
    within,
)
from sms_core.shared.numbers import (
    PRECISION,
    QUANTITY_LIMIT,
    QUANTITY_PLACES,
    UNIT_COST_PLACES,
    VALUE_LIMIT,
    exact,
    rounded,
)
from sms_core.shared.services import held
from sms_core.stock.levels import LevelKey
from sms_core.stock.picking import plain
from sms_core.stock.ports import LedgerRepository, WarehouseRepository

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class OrderBook:
    """Writes orders in the unit of work of a use case that has asked for the actor's rights.

    What orders name is held in the order of all locks: supplier, variants, warehouse, levels.
    """

    suppliers: SupplierRepository
    items: SupplierItemRepository
    wares: Wares
    warehouses: WarehouseRepository
    levels: LedgerRepository

    def written(self, command: CreatePurchaseOrder, *, by: Actor) -> PurchaseOrder:
        """The new order that the command describes; raises Unknown, Invalid, RuleBroken."""
        given = {**vars(command), "lines": []}
        order = PurchaseOrder(**given)
        self.write(order, command.lines, by=by)
        return order

    def write(
        self, order: PurchaseOrder, wanted: Sequence[OrderedLine] | None, *, by: Actor
    ) -> None:
        """Give the order these lines (None: those it has) and see that all it names is live.

        Raises Unknown, Invalid, RuleBroken, and Conflict for less than has come.
        """
        held(self.suppliers, order.supplier_id, field="supplier_id")
        if wanted is not None:
            lines = self._lines(order, wanted)
            _see_that_none_is_lost(order, lines)
            order.change(lines=lines)
        if not by.sees(order.warehouse_id):
            raise Unknown(f"There is no warehouse {order.warehouse_id}.", pointer="/warehouse_id")
        held(self.warehouses, order.warehouse_id, field="warehouse_id")

    def see_that_live(self, order: PurchaseOrder) -> dict[int, Ware]:
        """The wares of its lines, by variant; raises Unknown where it names what is gone."""
        held(self.suppliers, order.supplier_id, field="supplier_id")
        wares = self.wares.hold({line.variant_id for line in order.lines})
        held(self.warehouses, order.warehouse_id, field="warehouse_id")
        missing = [
            _unknown(line.variant_id, f"/lines/{index}/variant_id")
            for index, line in enumerate(order.lines)
            if line.variant_id not in wares
        ]
        if missing:
            raise gathered(missing)
        return wares

    def see_that_orderable(self, order: PurchaseOrder) -> None:
        """Raise where the order names what is gone, or what is not bought any more."""
        wares = self.see_that_live(order)
        refused = [
            _inactive(wares[line.variant_id], f"/lines/{index}/variant_id")
            for index, line in enumerate(order.lines)
            if not wares[line.variant_id].is_active
        ]
        if refused:
            raise gathered(refused)

    def announce(self, order: PurchaseOrder) -> None:
        """Have a level for all that was ordered, so that the stock shows what is to come."""
        self.levels.lock({LevelKey(line.variant_id, order.warehouse_id) for line in order.lines})

    def unordered(
        self, order: PurchaseOrder, variant_ids: Collection[int]
    ) -> dict[int, PurchaseLine]:
        """Lines for goods that came without being ordered, by variant; absent: not live."""
        held(self.suppliers, order.supplier_id, field="supplier_id")
        wares = self.wares.hold(variant_ids)
        items = self.items.of_supplier(order.supplier_id, variant_ids)
        nothing = Decimal(0)
        wanted = {id: OrderedLine(variant_id=id, quantity=nothing) for id in wares}
        return {
            id: _with_defaults(None, want, wares[id], items.get(id)) for id, want in wanted.items()
        }

    def _lines(self, order: PurchaseOrder, wanted: Sequence[OrderedLine]) -> list[PurchaseLine]:
        pairs = matched(order.lines, wanted)
        variant_ids = {want.variant_id for want in wanted}
        wares = self.wares.hold(variant_ids)
        items = self.items.of_supplier(order.supplier_id, variant_ids)
        lines: list[PurchaseLine] = []
        errors: list[DomainError] = []
        for index, (there, want) in enumerate(pairs):
            try:
                with within(f"/lines/{index}"):
                    lines.append(_line(there, want, wares, items))
            except DomainError as error:
                errors.append(error)
        if errors:
            raise gathered(errors)
        return lines


def _line(
    there: PurchaseLine | None,
    want: OrderedLine,
    wares: Mapping[int, Ware],
    items: Mapping[int, SupplierItem],
) -> PurchaseLine:
    ware = wares.get(want.variant_id)
    if ware is None:
        raise _unknown(want.variant_id, "/variant_id")
    if there is not None and there.variant_id != want.variant_id:
        there = None  # what is about another variant is another line
    if there is None and not ware.is_active:
        raise _inactive(ware, "/variant_id")
    line = _with_defaults(there, want, ware, items.get(want.variant_id))
    _check_numbers(line, ware, there)
    if there is not None and there.is_touched:
        _see_that_enough(line, there)
    return line


def _with_defaults(
    there: PurchaseLine | None, want: OrderedLine, ware: Ware, item: SupplierItem | None
) -> PurchaseLine:
    pack, cost, discount, tax = want.pack_size, want.unit_cost, want.discount_percent, want.tax_rate
    if there is None:
        pack = pack if pack is not None else (item.pack_size if item else Decimal(1))
        checked_pack(pack, "pack_size")
        there = PurchaseLine(
            variant_id=want.variant_id,
            quantity=want.quantity,
            pack_size=pack,
            unit_cost=_usual_cost(pack, ware, item) if cost is None else None,
            tax_rate=ware.tax_rate,
        )
    return PurchaseLine(
        id=there.id,
        variant_id=want.variant_id,
        quantity=want.quantity,
        pack_size=there.pack_size if pack is None else pack,
        unit_cost=there.unit_cost if cost is None else cost,
        discount_percent=there.discount_percent if discount is None else discount,
        tax_rate=there.tax_rate if tax is None else tax,
        progress=there.progress,
    )


def _usual_cost(pack: Decimal, ware: Ware, item: SupplierItem | None) -> Decimal | None:
    """What a pack of this size costs: by the supplier's own, else by the variant's cost."""
    cost, per = ware.cost, Decimal(1)
    if item is not None and item.unit_cost is not None:
        cost, per = item.unit_cost, item.pack_size
    if cost is None:
        return None
    with localcontext(prec=PRECISION):
        return rounded(cost * pack / per, UNIT_COST_PLACES)


def _check_numbers(line: PurchaseLine, ware: Ware, there: PurchaseLine | None) -> None:
    came_unordered = there is not None and not there.quantity and not line.quantity
    if line.quantity <= 0 and not came_unordered:
        raise Invalid("The quantity must be more than 0.", code="not_positive", pointer="/quantity")
    line.quantity = exact(
        line.quantity, places=QUANTITY_PLACES, limit=QUANTITY_LIMIT, field="quantity"
    )
    line.pack_size = checked_pack(line.pack_size, "pack_size")
    if line.unit_cost is not None:
        line.unit_cost = checked_cost(line.unit_cost, "unit_cost")
    if not 0 <= line.discount_percent <= HUNDRED:
        raise Invalid(
            "A discount is from 0 to 100 percent.",
            code="out_of_range",
            pointer="/discount_percent",
        )
    exact(line.discount_percent, places=RATE_PLACES, limit=RATE_LIMIT, field="discount_percent")
    if line.tax_rate < 0:
        raise Invalid("The tax rate is not below 0.", code="negative", pointer="/tax_rate")
    exact(line.tax_rate, places=RATE_PLACES, limit=RATE_LIMIT, field="tax_rate")
    expect_countable(line.stock_quantity, ware, "quantity")
    if (line.gross or Decimal(0)) >= VALUE_LIMIT:
        raise RuleBroken(
            "Quantity times unit cost is too large.", code="too_large", pointer="/quantity"
        )


def expect_countable(stock_quantity: Decimal, ware: Ware, field: str) -> None:
    """Raise RuleBroken unless the unit of the variant can count so many stock units."""
    with localcontext(prec=PRECISION):
        exact(stock_quantity, places=ware.places, limit=QUANTITY_LIMIT, field=field)


def _see_that_enough(line: PurchaseLine, there: PurchaseLine) -> None:
    """What has come stays ordered, in the packs in which it came."""
    if line.pack_size != there.pack_size:
        raise Conflict(
            "Some of it was delivered: its pack size is fixed.",
            code="line_moved",
            pointer="/pack_size",
        )
    came = there.progress.accepted
    if line.stock_quantity < min(there.stock_quantity, came):
        raise Conflict(
            f"{plain(there.received_quantity)} of it are received: it cannot be less.",
            code="below_received",
            pointer="/quantity",
        )


def _see_that_none_is_lost(order: PurchaseOrder, lines: Sequence[PurchaseLine]) -> None:
    left = {line.id for line in lines}
    for line in order.lines:
        if line.is_touched and line.id not in left:
            raise Conflict(
                f"Some of line {line.id} was delivered: it stays on the order.",
                code="line_moved",
                pointer="/lines",
            )


def _unknown(variant_id: int, pointer: str) -> Unknown:
    return Unknown(f"There is no variant {variant_id}.", pointer=pointer)


def _inactive(ware: Ware, pointer: str) -> RuleBroken:
    return RuleBroken(
        f"{ware.code} is not active any more: it is not bought.",
        code="inactive",
        pointer=pointer,
    )
