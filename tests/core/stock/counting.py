"""A company that counts: the services of counts on their doubles, and short ways to use them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sms_core.catalogue.entities import Category
from sms_core.company.entities import Company as Settings
from sms_core.shared.entities import Actor
from sms_core.shared.paging import PageRequest
from sms_core.stock.corrections import CorrectionService
from sms_core.stock.count_commands import (
    ApproveCount,
    CancelCount,
    CreateCount,
    EnterCounts,
    EnteredLine,
    PostCount,
    RecountLines,
    StartCount,
)
from sms_core.stock.count_posting import CountDocuments, CountPosting
from sms_core.stock.count_services import CountService
from sms_core.stock.counting import Counting
from sms_core.stock.counts import CountEntry, CountLine, CountScope, StockCount
from sms_core.stock.documents import Settled
from sms_core.stock.entities import ReasonCode
from sms_core.stock.kinds import Kind
from tests.core.stock.conftest import Company, actor
from tests.fakes.catalogue import InMemoryCategoryRepository
from tests.fakes.catalogue_products import InMemoryVariantRepository
from tests.fakes.company import InMemoryCompanyRepository
from tests.fakes.counts import InMemoryCountRepository
from tests.fakes.documents import InMemoryDocumentNumbers, InMemoryJournal
from tests.fakes.ledger import RollingBackDryRun, StockUnitOfWork

VERBS = ("view", "add", "change", "delete", "enter", "approve", "post")


def counter(name: str = "anna", user_id: int = 7, without: tuple[str, ...] = ()) -> Actor:
    """Somebody with all rights in stock and counting but these."""
    rights = actor(*without).permissions | {f"stock_count.{verb}" for verb in VERBS}
    return replace(actor(), username=name, user_id=user_id, permissions=rights - frozenset(without))


class CountingCompany(Company):
    """A company whose clerks count; Bertha counts nothing herself."""

    anna, bertha = counter(), counter("bertha", 8)

    def _open_services(self) -> None:
        super()._open_services()
        self.counts = InMemoryCountRepository(clock=self.clock, ledger=self.repository)
        self.journal = InMemoryJournal(self.repository)
        self.companies = InMemoryCompanyRepository()
        self.companies.make(Settings())
        self.categories = InMemoryCategoryRepository()
        self.categories.add(Category(code="DRINKS", name="Drinks"))
        keepers = (*self.uow.keepers, self.counts, self.journal)
        self.uow = StockUnitOfWork(keepers)
        self.dry_run = RollingBackDryRun(self.uow)
        self.service = CountService(
            uow=self.uow,
            clock=self.clock,
            repository=self.counts,
            journal=self.journal,
            numbers=InMemoryDocumentNumbers(self.clock),
            counting=Counting(
                self.counts,
                self.repository,
                self.reader,
                self.warehouses,
                self.locations,
                self.lots,
            ),
            posting=CountPosting(self.counts, self.desk, self.companies),
            calendar=self.calendar,
            warehouses=self.warehouses,
            locations=self.locations,
            categories=self.categories,
            variants=InMemoryVariantRepository(self.clock),
        )
        documents = CountDocuments(self.counts, self.journal)
        self.corrections = CorrectionService(self.uow, self.desk, self.history, documents)

    def _fill(self) -> None:
        super()._fill()
        self.reason_codes.add(ReasonCode(code="count-difference", kinds=(Kind.COUNT,)))

    def draft(self, **scope: Any) -> StockCount:
        order = CreateCount(warehouse_id=self.main.id, scope=CountScope(**scope))
        return self.service.create(order, by=self.anna)

    def started(self, **scope: Any) -> StockCount:
        count = self.draft(**scope)
        self.clock.advance(minutes=1)
        return self.service.start(StartCount(id=count.id), by=self.anna).document

    def enter(
        self, count: StockCount, *lines: EnteredLine, by: Actor | None = None, **order: Any
    ) -> StockCount:
        self.clock.advance(minutes=1)
        command = EnterCounts(id=count.id, lines=lines, **order)
        return self.service.enter(command, by=by or self.anna).document

    def post(self, count: StockCount, by: Actor | None = None, **order: Any) -> Settled[StockCount]:
        self.clock.advance(minutes=1)
        return self.service.post(PostCount(id=count.id, **order), by=by or self.anna)

    def approve(self, count: StockCount, by: Actor | None = None) -> StockCount:
        return self.service.approve(ApproveCount(id=count.id), by=by or self.bertha).document

    def recount(self, count: StockCount, *ids: int) -> StockCount:
        order = RecountLines(id=count.id, line_ids=ids)
        return self.service.recount(order, by=self.bertha).document

    def cancel(self, count: StockCount) -> StockCount:
        return self.service.cancel(CancelCount(id=count.id), by=self.anna).document

    def shown(self, count: StockCount) -> StockCount:
        return self.service.get(count.id, by=self.anna)

    def said(self, count: StockCount) -> list[CountEntry]:
        return list(self.service.entries(count.id, PageRequest(), by=self.anna).items)

    def line(self, count: StockCount, variant_id: int) -> CountLine:
        return next(x for x in self.shown(count).lines if x.variant_id == variant_id)

    def approval_above(self, value: str | None) -> None:
        settings = self.companies.get()
        settings.change(count_approval_value=None if value is None else Decimal(value))
        self.companies.save(settings)


def found(variant_id: int, quantity: str, **line: Any) -> EnteredLine:
    """So much of it is there."""
    return EnteredLine(variant_id=variant_id, quantity=Decimal(quantity), **line)


def more(variant_id: int, add: str, **line: Any) -> EnteredLine:
    """So much more of it is there."""
    return EnteredLine(variant_id=variant_id, add=Decimal(add), **line)
