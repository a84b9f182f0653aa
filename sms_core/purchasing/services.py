"""The use cases of suppliers and of what they sell."""

# No postponed annotations here: whoever wires a service resolves the types of its constructor.

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sms_core.catalogue.services import needing_what_it_refers_to
from sms_core.purchasing.commands import CreateSupplierItem
from sms_core.purchasing.entities import Supplier, SupplierItem
from sms_core.purchasing.orders import PurchaseOrder
from sms_core.purchasing.ports import (
    SupplierFilter,
    SupplierItemFilter,
    SupplierItemRepository,
    SupplierItemSort,
    SupplierRepository,
    Wares,
)
from sms_core.shared.entities import Actor, Change
from sms_core.shared.errors import Forbidden, Invalid, RuleBroken, Unknown
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.services import MasterDataService, held
from sms_core.stock.documents import OpenDocuments
from sms_core.stock.drafts import SEES_COSTS

C = TypeVar("C", SupplierItem, PurchaseOrder)


def shown(thing: C, by: Actor) -> C:
    """The thing as this actor may see it."""
    if not by.may(SEES_COSTS):
        thing.hide_costs()
    return thing


@dataclass(frozen=True)
class SupplierService(MasterDataService[Supplier, SupplierFilter]):
    """Suppliers: what they sell goes with them, and comes back with them."""

    resource = "supplier"
    entity = Supplier

    repository: SupplierRepository
    items: SupplierItemRepository
    open_documents: OpenDocuments

    def restore(self, id: int, *, by: Actor) -> Supplier:
        """Bring one back with the items it went with; raises NotFound, Duplicate."""
        by.require("supplier.delete")
        with self.uow:
            archived_at = self.repository.get_archived_for_update(id).deleted_at
            supplier = super().restore(id, by=by)
            if archived_at:
                self.items.restore_with(id, archived_at)
        return supplier

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.open_documents.of_suppliers(ids, seen_in=by.warehouse_ids)

    def archive(self, ids: Collection[int]) -> None:
        at = self.clock.now()
        self.repository.archive(ids, at)
        self.items.archive_with(ids, at)


@dataclass(frozen=True)
class SupplierItemService(MasterDataService[SupplierItem, SupplierItemFilter]):
    """Supplier items; who may not see costs neither reads nor sets what they cost."""

    resource = "supplier"
    entity = SupplierItem

    repository: SupplierItemRepository
    suppliers: SupplierRepository
    wares: Wares

    def get(self, id: int, *, by: Actor) -> SupplierItem:
        """The live one with this id; raises NotFound."""
        return shown(super().get(id, by=by), by)

    def search(
        self, filter: SupplierItemFilter, page: PageRequest, *, by: Actor
    ) -> Page[SupplierItem]:
        """The ones that match; raises Invalid when ordered by a cost the actor may not see."""
        by.require("supplier.view")
        by_cost = any(order.by is SupplierItemSort.UNIT_COST for order in filter.order)
        if by_cost and not by.may(SEES_COSTS):
            raise Invalid("You cannot order by what you may not see.", pointer="/ordering")
        return super().search(filter, page, by=by).map(lambda item: shown(item, by))

    def create(self, command: CreateSupplierItem, *, by: Actor) -> SupplierItem:
        """Note that a supplier sells a variant; raises Unknown, Invalid, Duplicate, and
        Forbidden for a cost from somebody who may not see costs."""
        by.require("supplier.add")
        if command.unit_cost is not None:
            by.require(SEES_COSTS)
        return shown(super().create(command, by=by), by)

    def change(self, command: Change, *, by: Actor) -> SupplierItem:
        """Change one; raises NotFound, Stale, Invalid, RuleBroken, Forbidden like `create`."""
        by.require("supplier.change")
        values = command.values()
        if not by.may(SEES_COSTS) and values.pop("unit_cost", None) is not None:
            raise Forbidden(f"You lack the permission {SEES_COSTS}, so you cannot set costs.")
        with self.uow:
            item = self.repository.get_for_update(command.id)
            item.expect_version(command.version)
            _see_that_same(item, values)
            item.change(**values)
            self.check(item, by=by)
            self.repository.save(item)
        return shown(item, by)

    def restore(self, id: int, *, by: Actor) -> SupplierItem:
        """Bring one back, not preferred; raises NotFound, Duplicate, and Conflict while its
        supplier or variant is archived."""
        with needing_what_it_refers_to():
            return shown(super().restore(id, by=by), by)

    def check(self, item: SupplierItem, *, by: Actor) -> None:
        held(self.suppliers, item.supplier_id, field="supplier_id")
        if not self.wares.hold([item.variant_id]):
            raise Unknown(f"There is no variant {item.variant_id}.", pointer="/variant_id")
        if item.is_preferred:
            self.repository.prefer(item)


def _see_that_same(item: SupplierItem, values: dict[str, Any]) -> None:
    for field in ("supplier_id", "variant_id"):
        if values.get(field, getattr(item, field)) != getattr(item, field):
            raise RuleBroken(
                "An item stays with its supplier and variant: add another one.",
                code="fixed",
                pointer=f"/{field}",
            )
