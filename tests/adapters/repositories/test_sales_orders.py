"""How customers and sales orders are kept: on the fakes and in the database alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.container import container
from sms_core.catalogue.products import TaxMethod
from sms_core.selling.amounts import Terms
from sms_core.selling.commands import (
    ConfirmSalesOrder,
    ReturnedLine,
    ReturnSalesOrder,
    ShippedLine,
    ShipSalesOrder,
)
from sms_core.selling.entities import Article, Customer
from sms_core.selling.orders import SalesLine, SalesOrder, SalesState, Shipment
from sms_core.selling.ports import (
    Assortment,
    Backorder,
    CustomerFilter,
    CustomerRepository,
    CustomerSort,
    SalesOrderFilter,
    SalesOrderRepository,
    SalesOrderSort,
)
from sms_core.selling.services import SalesOrderService
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_core.stock.commands import ReversePosting
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.ledger_ports import Partners
from sms_core.stock.levels import LevelKey
from sms_django import models
from tests.adapters.shop import SYSTEM
from tests.adapters.trade import TradingShop
from tests.core.selling.conftest import CHAI, TEA
from tests.core.selling.conftest import Shop as FakeShop

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class World:
    """A repository, the services on it, and things that orders may refer to."""

    orders: SalesOrderRepository
    customers: CustomerRepository
    sales: SalesOrderService
    corrections: CorrectionService
    receive: Callable[[int, str], Any]
    variants: tuple[int, int]
    warehouses: tuple[int, int]
    people: tuple[int, int]

    def line(self, quantity: str, **more: Any) -> SalesLine:
        values = {"variant_id": self.variants[0], "code": "CHAI", "description": "Chai", **more}
        return SalesLine(quantity=Decimal(quantity), **values)

    def new(self, *quantities: str, number: str = "SO-1", **more: Any) -> SalesOrder:
        values = {"warehouse_id": self.warehouses[0], "ordered_at": NOON, **more}
        lines = [self.line(quantity) for quantity in quantities]
        order = SalesOrder(number=number, **{"lines": lines, **values})
        self.orders.add(order)
        return order

    def sold(self, *quantities: str, **more: Any) -> SalesOrder:
        order = self.new(*quantities, **more)
        return self.sales.confirm(ConfirmSalesOrder(id=order.id), by=SYSTEM).document

    def ship(self, order: SalesOrder, quantity: str, index: int = 0, **act: Any) -> Any:
        line = ShippedLine(line_id=order.lines[index].id, quantity=Decimal(quantity))
        return self.sales.ship(ShipSalesOrder(id=order.id, lines=(line,), **act), by=SYSTEM)

    def found(self, *order: Order, **filter: Any) -> list[str]:
        asked = SalesOrderFilter(order=order, **filter)
        page = self.orders.search(asked, PageRequest())
        assert page.total == len(page.items)
        return [order.number for order in page.items]

    def key(self, variant: int = 0, warehouse: int = 0) -> LevelKey:
        return LevelKey(self.variants[variant], self.warehouses[warehouse])


def fake_world() -> World:
    shop = FakeShop()
    return World(
        orders=shop.orders,
        customers=shop.customers,
        sales=shop.sales,
        corrections=shop.corrections,
        receive=lambda variant_id, quantity: shop.receive(variant_id, quantity),
        variants=(CHAI, TEA),
        warehouses=(shop.main.id, shop.open_warehouse("WEST").id),
        people=(shop.customer("Ada").id, shop.customer("Bob").id),
    )


def django_world() -> World:
    shop = TradingShop()
    return World(
        orders=container().get(SalesOrderRepository),  # type: ignore[type-abstract]
        customers=container().get(CustomerRepository),  # type: ignore[type-abstract]
        sales=container().get(SalesOrderService),
        corrections=container().get(CorrectionService),
        receive=lambda variant_id, quantity: shop.receive(variant_id, quantity),
        variants=(shop.variant("CHAI", name="Chai"), shop.variant("TEA")),
        warehouses=(shop.main.id, shop.open_warehouse("WEST").id),
        people=(shop.ada, shop.customer("BOB")),
    )


@pytest.fixture(params=[fake_world, django_world], ids=["fake", "django"])
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.param()
    return made


def test_an_order_comes_back_as_it_was_stored(world: World) -> None:
    terms = Terms(
        unit_price=Decimal("9.9"),
        discount_percent=Decimal("2.5"),
        tax_rate=Decimal(20),
        tax_method=TaxMethod.INCLUSIVE,
    )
    order = world.new(
        customer_id=world.people[0],
        customer_name="Ada",
        reference="R 1",
        promised_at=NOON,
        priority=-3,
        ship_to="Ring 1\nTown",
        notes="Ring twice",
        money_places=3,
        lines=[world.line("2", terms=terms), world.line("0.5", variant_id=world.variants[1])],
    )

    assert world.orders.get(order.id) == order
    assert [line.id for line in world.orders.get(order.id).lines] == [
        line.id for line in order.lines
    ]
    assert world.orders.hold([order.id, 10**6]) == {order.id: order}
    with pytest.raises(NotFound):
        world.orders.get_for_update(10**6)


def test_lines_are_kept_in_their_order_and_forgotten_once_removed(world: World) -> None:
    order = world.new("1", "2", "3")
    first, second, third = order.lines
    second.quantity = Decimal(5)

    order.change(lines=[third, world.line("9"), second])
    world.orders.save(order)

    stored = world.orders.get(order.id)
    assert [line.quantity for line in stored.lines] == [3, 9, 5]
    assert [line.id for line in stored.lines][::2] == [third.id, second.id]
    assert first.id not in {line.id for line in stored.lines}
    stored.version -= 1
    with pytest.raises(Stale):
        world.orders.save(stored)


def test_lists_are_filtered(world: World) -> None:
    world.new("1", number="SO-1", customer_id=world.people[0], customer_name="Ädä", priority=0)
    world.new("1", number="SO-2", reference="Ref 7", promised_at=NOON, priority=-1)
    world.new(
        number="SO-3",
        warehouse_id=world.warehouses[1],
        lines=[world.line("1", variant_id=world.variants[1])],
    )
    later = NOON.replace(hour=13)

    assert world.found() == ["SO-3", "SO-2", "SO-1"]
    assert world.found(customer_id=world.people[0]) == ["SO-1"]
    assert world.found(warehouse_id=world.warehouses[1]) == ["SO-3"]
    assert world.found(visible=frozenset({world.warehouses[1]})) == ["SO-3"]
    assert world.found(visible=frozenset()) == []
    assert world.found(variant_id=world.variants[1]) == ["SO-3"]
    assert world.found(reference="ref 7") == ["SO-2"]
    assert world.found(number="so-2") == ["SO-2"]
    assert world.found(priority=0) == ["SO-3", "SO-1"]
    assert world.found(priority=-1) == ["SO-2"]
    assert world.found(promised_before=NOON) == []
    assert world.found(promised_before=later) == ["SO-2"]
    assert world.found(search="äDÄ") == ["SO-1"]
    assert world.found(search="f 7") == ["SO-2"]
    assert world.found(search="o-3") == ["SO-3"]
    assert world.found(state=SalesState.CONFIRMED) == []
    assert world.found(deleted=True) == []


def test_lists_are_ordered(world: World) -> None:
    late = NOON.replace(hour=13)
    world.new("1", number="SO-1", promised_at=late, priority=2, ordered_at=late)
    world.new("1", number="SO-2", priority=3)
    world.new("1", number="SO-3", promised_at=NOON, priority=1)

    assert world.found(Order(SalesOrderSort.PROMISED_AT)) == ["SO-3", "SO-1", "SO-2"]
    assert world.found(Order(SalesOrderSort.PROMISED_AT, True)) == ["SO-2", "SO-1", "SO-3"]
    assert world.found(Order(SalesOrderSort.PRIORITY, True)) == ["SO-2", "SO-1", "SO-3"]
    assert world.found(Order(SalesOrderSort.ORDERED_AT)) == ["SO-2", "SO-3", "SO-1"]
    assert world.found(Order(SalesOrderSort.NUMBER)) == ["SO-1", "SO-2", "SO-3"]
    for sort in (SalesOrderSort.STATE, SalesOrderSort.CREATED_AT):
        assert len(world.found(Order(sort))) == 3


def test_what_became_of_lines_is_read_from_the_ledger(world: World) -> None:
    world.receive(world.variants[0], "7")
    order = world.sold("10", "2")
    sent = world.ship(order, "4", carrier="DHL", tracking="T1").postings[0]
    line = ReturnedLine(line_id=order.lines[0].id, quantity=Decimal(1))
    back = world.sales.take_back(ReturnSalesOrder(id=order.id, lines=(line,)), by=SYSTEM)

    first, second = world.orders.get(order.id).lines
    done = first.progress
    assert (done.shipped, done.returned, done.reserved) == (4, 1, 3)
    assert (done.shipped_value, done.returned_value) == (
        -sum(entry.value or 0 for entry in sent.entries),
        back.postings[0].entries[0].value,
    )
    assert (first.backordered, second.backordered) == (3, 2)
    assert world.orders.get(order.id).shipments == (
        Shipment(posting_id=sent.id, number=sent.number, carrier="DHL", tracking="T1"),
    )
    for posting in (back.postings[0], sent):
        world.corrections.reverse(ReversePosting(posting_id=posting.id), by=SYSTEM)
    undone = world.orders.get(order.id)
    assert undone.state is SalesState.CONFIRMED
    assert undone.lines[0].progress.shipped == undone.lines[0].progress.returned == 0
    assert undone.lines[0].progress.reserved == 7
    assert [promise.quantity for promise in undone.lines[0].progress.promised] == [3, 4]


def test_the_queue_is_read_in_its_order(world: World) -> None:
    world.receive(world.variants[0], "4")
    plain = world.sold("3", number="SO-1")
    late = world.sold("5", number="SO-2", promised_at=NOON.replace(hour=13))
    soon = world.sold("1", "2", number="SO-3", promised_at=NOON)
    urgent = world.sold("9", number="SO-4", priority=1)
    world.sold("9", number="SO-5", warehouse_id=world.warehouses[1])
    other = [world.line("9", variant_id=world.variants[1])]
    world.sold(number="SO-6", lines=other)
    world.new("9", number="SO-7")

    def waiting(order: SalesOrder, index: int, quantity: int) -> Backorder:
        line = order.lines[index].id
        return Backorder(
            order_id=order.id, line_id=line, key=world.key(), quantity=Decimal(quantity)
        )

    assert world.orders.backorders([world.key()]) == [
        waiting(urgent, 0, 9),
        waiting(soon, 0, 1),
        waiting(soon, 1, 2),
        waiting(late, 0, 4),
    ]
    queue = [urgent, soon, late, plain]
    for number, order in enumerate(queue):
        found = world.orders.backorders([world.key()], before=order.id)
        assert {one.order_id for one in found} == {o.id for o in queue[:number]}
    assert figure(world, plain) == 3
    # Each level by itself: not every variant with every warehouse.
    crossed = [world.key(1, 0), world.key(0, 1)]
    assert {one.key for one in world.orders.backorders(crossed)} == set(crossed)
    assert world.orders.backorders([world.key(1, 1)]) == []
    assert world.found(backordered=True) == ["SO-6", "SO-5", "SO-4", "SO-3", "SO-2"]
    assert world.found(backordered=False) == ["SO-7", "SO-1"]


def figure(world: World, order: SalesOrder) -> Decimal:
    return world.orders.get(order.id).lines[0].progress.reserved


def test_customers_come_back_as_they_were_stored(world: World) -> None:
    customer = Customer(
        code="C9",
        name="Zoë",
        tax_id="T1",
        email="zoe@example.org",
        phone="1",
        address="Ring 1",
        notes="VIP",
    )
    world.customers.add(customer)

    assert world.customers.get(customer.id) == customer
    assert world.customers.hold([customer.id])[customer.id] == customer
    with pytest.raises(Duplicate) as refusal:
        world.customers.add(Customer(code="c9", name="Other"))
    assert refusal.value.pointer == "/code"


def test_lists_of_customers_are_filtered_and_ordered(world: World) -> None:
    world.customers.add(Customer(code="Z1", name="Äpfel", phone="555-1"))

    def found(*order: Order, **filter: Any) -> list[str]:
        page = world.customers.search(CustomerFilter(order=order, **filter), PageRequest())
        return [customer.code.upper() for customer in page.items]

    assert found() == ["ADA", "BOB", "Z1"]
    assert found(Order(CustomerSort.CODE, True)) == ["Z1", "BOB", "ADA"]
    assert found(code="z1") == found(name="äpfel") == found(search="555") == ["Z1"]
    for sort in CustomerSort:
        assert len(found(Order(sort))) == 3


class TestInTheDatabase:
    @pytest.fixture
    def world(self) -> World:
        return django_world()

    def test_the_catalogue_says_what_is_sold_and_at_what_terms(self, world: World) -> None:
        assortment = container().get(Assortment)  # type: ignore[type-abstract]
        chai, tea = world.variants
        models.Product.objects.filter(code="CHAI").update(
            price=Decimal(18), tax_rate=Decimal(20), tax_method="inclusive", is_for_sale=False
        )
        models.Variant.objects.filter(pk=tea).update(price=Decimal(4), name="Green")

        found = assortment.hold([chai, tea, 10**6])

        sold = Terms(unit_price=Decimal(18), tax_rate=Decimal(20), tax_method=TaxMethod.INCLUSIVE)
        assert found == {
            chai: Article(
                variant_id=chai, code="CHAI", name="Chai", places=0, terms=sold, is_sold=False
            ),
            tea: Article(
                variant_id=tea,
                code="TEA",
                name="TEA, Green",
                places=0,
                terms=Terms(unit_price=Decimal(4)),
            ),
        }
        models.Variant.objects.filter(pk=chai).update(deleted_at=NOON)
        assert set(assortment.hold([chai, tea])) == {tea}

    def test_customers_are_partners(self, world: World) -> None:
        partners = container().get(Partners)  # type: ignore[type-abstract]
        ada = world.people[0]

        assert partners.hold_customer(ada)
        models.Customer.objects.filter(pk=ada).update(deleted_at=NOON)
        assert not partners.hold_customer(ada)
        assert not partners.hold_customer(10**6)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("sales_order_state", {"state": "lost", "confirmed_at": NOON}),
            ("sales_order_confirmed", {"state": "confirmed"}),
            ("sales_order_confirmed", {"confirmed_at": NOON}),
        ],
    )
    def test_the_tables_refuse_what_can_never_be(
        self, world: World, name: str, change: dict[str, Any]
    ) -> None:
        world.new("1")

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            models.SalesOrder.objects.update(**change)

    @pytest.mark.parametrize(
        "change", [{"quantity": 0}, {"unit_price": -1}, {"discount_percent": 101}]
    )
    def test_the_lines_refuse_amounts_that_can_never_be(
        self, world: World, change: dict[str, Any]
    ) -> None:
        world.new("1")

        with pytest.raises(IntegrityError, match="sales_order_line_amounts"), transaction.atomic():
            models.SalesOrderLine.objects.update(**change)

    def test_many_lines_and_orders_cost_as_many_statements_as_one(self, world: World) -> None:
        world.receive(world.variants[0], "3")

        def statements(use_case: Callable[[], Any]) -> int:
            with CaptureQueriesContext(connection) as captured:
                use_case()
            return len(captured.captured_queries)

        world.sold("1", number="SO-A")
        few = statements(world.found), statements(lambda: world.orders.backorders([world.key()]))
        for number in range(5):
            world.sold(*["1"] * 9, number=f"SO-{number}")
        many = statements(world.found), statements(lambda: world.orders.backorders([world.key()]))
        assert few == many
        assert few[1] == 1
