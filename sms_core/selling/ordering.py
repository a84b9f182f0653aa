"""How an order is written: its lines as somebody wants them, checked, with their defaults."""

# No postponed annotations here: whoever wires it resolves the types of its constructor.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sms_core.company.ports import CompanyRepository
from sms_core.selling.commands import CreateSalesOrder, WantedLine
from sms_core.selling.entities import Article, Customer
from sms_core.selling.gathering import Gathering
from sms_core.selling.orders import SalesLine, SalesOrder
from sms_core.selling.ports import Assortment, CustomerRepository
from sms_core.selling.progress import Progress
from sms_core.shared.document_lines import matched
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Invalid, Unknown
from sms_core.shared.services import held
from sms_core.stock.ports import WarehouseRepository

_TERMS = ("unit_price", "discount_percent", "tax_rate", "tax_method")


@dataclass(frozen=True)
class SalesBook:
    """Writes orders in the unit of work of a use case that has asked for the actor's rights.

    What orders name is held in the order of all locks: customer, variants, warehouse.
    """

    customers: CustomerRepository
    assortment: Assortment
    warehouses: WarehouseRepository
    companies: CompanyRepository

    def written(self, command: CreateSalesOrder, at: datetime, *, by: Actor) -> SalesOrder:
        """The new order that the command describes; raises Unknown, Invalid, RuleBroken."""
        given = {**vars(command), "ordered_at": command.ordered_at or at, "lines": []}
        order = SalesOrder(**given)
        self.write(order, command.lines, by=by)
        return order

    def write(self, order: SalesOrder, wanted: Sequence[WantedLine] | None, *, by: Actor) -> None:
        """Give a draft these lines (None: those it has) and what its customer is called.

        Raises Unknown, Invalid, RuleBroken.
        """
        customer = self._customer(order)
        order.customer_name = customer.name if customer else ""
        order.money_places = self.companies.get().currency_places
        if wanted is not None:
            order.change(lines=self.lines(order, wanted))
        self._hold_warehouse(order, by)

    def agree(self, order: SalesOrder, *, by: Actor) -> None:
        """Fix what things and people are called, where it goes and in which money it is paid.

        Raises Conflict for what is gone, and RuleBroken for what is not sold any more.
        """
        customer = self._customer(order)
        order.customer_name = customer.name if customer else ""
        order.ship_to = order.ship_to or (customer.address if customer else "")
        order.money_places = self.companies.get().currency_places
        articles = self.assortment.hold({line.variant_id for line in order.lines})
        problems = Gathering()
        for index, line in enumerate(order.lines):
            with problems.at(index):
                article = articles.get(line.variant_id)
                if article is None:
                    raise Conflict(
                        f"{line.code} is archived: take it off the order.",
                        code="archived",
                        pointer="/variant_id",
                    )
                article.see_that_sold()
                line.quantity = article.counted(line.quantity)
                line.code, line.description = article.code, article.name
        problems.raise_all()
        self._hold_warehouse(order, by)

    def see_that_live(self, order: SalesOrder, *, by: Actor) -> None:
        """Raise Unknown where the order names what is archived."""
        self._customer(order)
        articles = self.assortment.hold({line.variant_id for line in order.lines})
        for index, line in enumerate(order.lines):
            if line.variant_id not in articles:
                raise _unknown(line.variant_id, f"/lines/{index}/variant_id")
        self._hold_warehouse(order, by)

    def lines(self, order: SalesOrder, wanted: Sequence[WantedLine]) -> list[SalesLine]:
        """The lines that are wanted; raises Unknown, Invalid, RuleBroken, and Conflict where they
        are to replace lines that were agreed."""
        pairs = matched(order.lines, wanted)
        ids = {want.variant_id or there.variant_id for there, want in pairs if there}
        ids |= {want.variant_id for _, want in pairs if want.variant_id}
        articles = self.assortment.hold(ids)
        lines: list[SalesLine] = []
        problems = Gathering()
        for index, (there, want) in enumerate(pairs):
            with problems.at(index):
                line = _line(there, want, articles)
                if there and order.confirmed_at:
                    there.see_that_may_become(line)
                    line.code, line.description = there.code, there.description
                lines.append(line)
        problems.raise_all()
        return lines

    def _customer(self, order: SalesOrder) -> Customer | None:
        if order.customer_id is None:
            return None
        return held(self.customers, order.customer_id, field="customer_id")

    def _hold_warehouse(self, order: SalesOrder, by: Actor) -> None:
        if not by.sees(order.warehouse_id):
            raise Unknown(f"There is no warehouse {order.warehouse_id}.", pointer="/warehouse_id")
        held(self.warehouses, order.warehouse_id, field="warehouse_id")


def _line(there: SalesLine | None, want: WantedLine, articles: Mapping[int, Article]) -> SalesLine:
    """The line that is wanted: what was left out stays, or is what the product says."""
    variant_id = want.variant_id or (there.variant_id if there else None)
    if variant_id is None:
        raise Invalid("Say which variant.", code="required", pointer="/variant_id")
    article = articles.get(variant_id)
    if article is None:
        raise _unknown(variant_id, "/variant_id")
    same = there if there and there.variant_id == variant_id else None
    if same is None:
        article.see_that_sold()
    quantity = want.quantity if want.quantity is not None or there is None else there.quantity
    if quantity is None:
        raise Invalid("Say how many.", code="required", pointer="/quantity")
    given = {name: getattr(want, name) for name in _TERMS if getattr(want, name) is not None}
    return SalesLine(
        id=there.id if there else 0,
        variant_id=variant_id,
        code=article.code,
        description=article.name,
        quantity=article.counted(quantity),
        terms=replace(same.terms if same else article.terms, **given),
        progress=there.progress if there else Progress(),
    )


def _unknown(variant_id: int, pointer: str) -> Unknown:
    return Unknown(f"There is no variant {variant_id}.", pointer=pointer)
