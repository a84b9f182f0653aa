"""The use cases of what stock stands on: warehouses, locations, lots and reasons."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sms_core.shared.entities import Actor, Change, MasterData
from sms_core.shared.errors import Conflict, InUse, NotFound, RuleBroken, Unknown
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.ports import UnitOfWork
from sms_core.shared.services import BulkDeleted, MasterDataService, held
from sms_core.stock.commands import ChangeLocation, ChangeLot, CreateLocation, CreateLot
from sms_core.stock.documents import OpenDocuments, both
from sms_core.stock.entities import Location, LocationKind, Lot, ReasonCode, Warehouse
from sms_core.stock.kinds import DELIVERED_REASONS
from sms_core.stock.picking import plain
from sms_core.stock.ports import (
    LedgerRepository,
    LocationFilter,
    LocationRepository,
    LotFilter,
    LotRepository,
    ReasonCodeFilter,
    ReasonCodeRepository,
    StockReader,
    VisibleFilter,
    WarehouseFilter,
    WarehouseRepository,
)

M = TypeVar("M", bound=MasterData)
F = TypeVar("F", bound=VisibleFilter)


@dataclass(frozen=True)
class LimitedService(MasterDataService[M, F]):
    """Master data of warehouses: what belongs to one that the actor may not see does not exist."""

    def get(self, id: int, *, by: Actor) -> M:
        """The live one with this id; raises NotFound."""
        entity = super().get(id, by=by)
        self._see(entity, by)
        return entity

    def search(self, filter: F, page: PageRequest, *, by: Actor) -> Page[M]:
        """The ones that match, a page at a time."""
        by.require(f"{self.resource}.view")
        return super().search(replace(filter, visible=by.warehouse_ids), page, by=by)

    def change(self, command: Change, *, by: Actor) -> M:
        """Change one; raises NotFound, Stale, Invalid, RuleBroken, Duplicate."""
        by.require(f"{self.resource}.change")
        with self.uow:
            self._admit(self.repository.get(command.id), command, by)
            return super().change(command, by=by)

    def delete(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Archive one; raises NotFound, Stale, and InUse while it has stock or open documents."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            self._admit(self.repository.get(id), None, by)
            super().delete(id, by=by, version=version)

    def bulk_delete(self, ids: Collection[int], *, by: Actor) -> BulkDeleted:
        """Archive those that exist, are seen and not in use."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            live = self.repository.lock_for_archiving(ids)
            seen = [entity.id for entity in live if by.sees(self.warehouse_of(entity))]
            done = super().bulk_delete(seen, by=by)
        return replace(done, missing_ids=sorted({*done.missing_ids, *(set(ids) - set(seen))}))

    def restore(self, id: int, *, by: Actor) -> M:
        """Bring an archived one back; raises NotFound, Duplicate, Conflict."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            self._see(self.repository.get_archived_for_update(id), by)
            return super().restore(id, by=by)

    def warehouse_of(self, entity: M) -> int:
        """The warehouse it belongs to."""
        raise NotImplementedError

    def _admit(self, entity: M, command: Change | None, by: Actor) -> None:
        """Look at one before it is locked to be changed by the command, or archived; raises."""
        self._see(entity, by)

    def _see(self, entity: M, by: Actor) -> None:
        if not by.sees(self.warehouse_of(entity)):
            raise NotFound(f"There is no {self.entity.name_of_kind} {entity.id}.")


@dataclass(frozen=True)
class WarehouseService(LimitedService[Warehouse, WarehouseFilter]):
    """Warehouses: each is made with its own places, and goes with them when it is empty."""

    resource = "warehouse"
    entity = Warehouse

    repository: WarehouseRepository
    locations: LocationRepository
    reader: StockReader
    open_documents: OpenDocuments

    def create(self, command: Any, *, by: Actor) -> Warehouse:
        """Open one, with its default storage, quarantine and transit; raises Duplicate."""
        by.require("warehouse.add")
        with self.uow:
            warehouse = super().create(command, by=by)
            default, quarantine, transit = warehouse.own_locations()
            for location in (default, quarantine, transit):
                self.locations.add(location)
            warehouse.default_location_id = default.id
            warehouse.quarantine_location_id = quarantine.id
            warehouse.transit_location_id = transit.id
            self.repository.furnish(warehouse)
        return warehouse

    def restore(self, id: int, *, by: Actor) -> Warehouse:
        """Bring one back with the locations it went with; raises NotFound, Duplicate."""
        by.require("warehouse.delete")
        with self.uow:
            archived_at = self.repository.get_archived_for_update(id).deleted_at
            warehouse = super().restore(id, by=by)
            if archived_at:
                self.locations.restore_with(id, archived_at)
        return warehouse

    def warehouse_of(self, warehouse: Warehouse) -> int:
        return warehouse.id

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        held_there = self.reader.held_in_warehouses(ids)
        in_stock = {id: f"stock ({plain(found)} on hand)" for id, found in held_there.items()}
        return both(in_stock, self.open_documents.of_warehouses(ids, seen_in=by.warehouse_ids))

    def archive(self, ids: Collection[int]) -> None:
        at = self.clock.now()
        self.repository.archive(ids, at)
        self.locations.archive_with(ids, at)


@dataclass(frozen=True)
class LocationService(LimitedService[Location, LocationFilter]):
    """Locations: more places in a warehouse. A warehouse is locked before its locations."""

    resource = "location"
    entity = Location

    repository: LocationRepository
    warehouses: WarehouseRepository
    reader: StockReader
    open_documents: OpenDocuments

    def create(self, command: CreateLocation, *, by: Actor) -> Location:
        """Add a storage or quarantine place; raises Unknown, Invalid, RuleBroken, Duplicate."""
        by.require("location.add")
        with self.uow:
            if not by.sees(command.warehouse_id):
                raise Unknown(
                    f"There is no warehouse {command.warehouse_id}.", pointer="/warehouse_id"
                )
            held(self.warehouses, command.warehouse_id, field="warehouse_id")
            Location(**vars(command)).see_that_hand_made()
            return super().create(command, by=by)

    def restore(self, id: int, *, by: Actor) -> Location:
        """Bring one back; raises NotFound, Duplicate, Conflict while its warehouse is archived."""
        by.require("location.delete")
        with self.uow:
            location = self.repository.get_archived_for_update(id)
            if by.sees(location.warehouse_id) and not self.warehouses.hold([location.warehouse_id]):
                raise Conflict("Its warehouse is archived: restore that first.")
            return super().restore(id, by=by)

    def warehouse_of(self, location: Location) -> int:
        return location.warehouse_id

    def _admit(self, location: Location, command: Change | None, by: Actor) -> None:
        super()._admit(location, command, by)
        warehouse = held(self.warehouses, location.warehouse_id, field="warehouse_id")
        if isinstance(command, ChangeLocation):
            self._see_that_it_stays(location, command)
            kind = command.values().get("kind", location.kind)
            if kind is not location.kind:
                self._see_that_kind_may_change(location, kind, warehouse)

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        in_stock = self.reader.held_in_locations(ids)
        holders = both(
            {id: f"stock ({plain(found)} on hand)" for id, found in in_stock.items()},
            self.open_documents.of_locations(ids, seen_in=by.warehouse_ids),
        )
        locations = self.repository.hold(ids)
        warehouses = self.warehouses.hold({place.warehouse_id for place in locations.values()})
        for id, location in locations.items():
            if role := warehouses[location.warehouse_id].role_of(id):
                holders[id] = f"its warehouse, as {role}"
        return holders

    def _see_that_it_stays(self, location: Location, command: ChangeLocation) -> None:
        if command.values().get("warehouse_id", location.warehouse_id) != location.warehouse_id:
            raise RuleBroken(
                "A location stays in its warehouse.", code="fixed", pointer="/warehouse_id"
            )

    def _see_that_kind_may_change(
        self, location: Location, kind: LocationKind, warehouse: Warehouse
    ) -> None:
        if role := warehouse.role_of(location.id):
            raise RuleBroken(
                f"It is {role} of its warehouse: its kind is fixed.", code="fixed", pointer="/kind"
            )
        replace(location, kind=kind).see_that_hand_made()
        # As if it were archived, so that nobody puts goods in while we look.
        self.repository.lock_for_archiving([location.id])
        if found := self.reader.held_in_locations([location.id]).get(location.id):
            raise InUse(
                f"There are {plain(found)} in this location: move them before you change its kind.",
                pointer="/kind",
            )


@dataclass(frozen=True)
class ReasonCodeService(MasterDataService[ReasonCode, ReasonCodeFilter]):
    """Reasons for what happens to stock; a retired one stays on the postings that gave it."""

    resource = "reason_code"
    entity = ReasonCode

    repository: ReasonCodeRepository

    def make_delivered(self) -> None:
        """Make the delivered reasons that are missing; what the owner changed stays."""
        with self.uow:
            known = self.repository.delivered()
            for code, label, kinds in DELIVERED_REASONS:
                if code not in known and self.repository.hold_by_code(code) is None:
                    reason = ReasonCode(code=code, label=label, kinds=kinds, delivered_as=code)
                    self.repository.add(reason)


@dataclass(frozen=True)
class LotService:
    """Lots: made by deliveries, blocked and unblocked by those who may adjust stock.

    All methods raise Forbidden when the actor lacks their permission.
    """

    uow: UnitOfWork
    repository: LotRepository
    ledger: LedgerRepository

    def get(self, id: int, *, by: Actor) -> Lot:
        """The lot with this id; raises NotFound."""
        by.require("stock.view")
        return self.repository.get(id)

    def search(self, filter: LotFilter, page: PageRequest, *, by: Actor) -> Page[Lot]:
        """The lots that match, a page at a time."""
        by.require("stock.view")
        return self.repository.search(filter, page)

    def create(self, command: CreateLot, *, by: Actor) -> Lot:
        """Announce a lot before it arrives; raises Unknown, Invalid, RuleBroken, Duplicate."""
        by.require("stock.receive")
        with self.uow:
            goods = self.ledger.hold_goods([command.variant_id]).get(command.variant_id)
            if goods is None:
                raise Unknown(f"There is no variant {command.variant_id}.", pointer="/variant_id")
            if not goods.tracks_lots:
                raise RuleBroken(
                    f"{goods.code} is not kept by lots.",
                    code="lot_not_tracked",
                    pointer="/variant_id",
                )
            lot = Lot(**vars(command))
            self.repository.add(lot)
        return lot

    def change(self, command: ChangeLot, *, by: Actor) -> Lot:
        """Block, unblock, date or describe one; raises NotFound, Stale, Invalid."""
        by.require("stock.adjust")
        with self.uow:
            lot = self.repository.get_for_update(command.id)
            lot.expect_version(command.version)
            lot.change(**command.values())
            self.repository.save(lot)
        return lot
