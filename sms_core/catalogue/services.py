"""The use cases of the catalogue's lists: brands, categories, units."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sms_core.catalogue.entities import DELIVERED_UNITS, Brand, Category, Unit, refuse_cycle
from sms_core.catalogue.ports import (
    BrandFilter,
    BrandRepository,
    CategoryFilter,
    CategoryRepository,
    UnitFilter,
    UnitRepository,
    Usage,
)
from sms_core.shared.entities import Actor, Change
from sms_core.shared.errors import Conflict, Unknown
from sms_core.shared.paging import PageRequest
from sms_core.shared.services import MasterDataService, held


@dataclass(frozen=True)
class BrandService(MasterDataService[Brand, BrandFilter]):
    """Brands: create, rename, archive what no product carries any more."""

    resource = "brand"
    entity = Brand

    repository: BrandRepository
    usage: Usage

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.usage.of_brands(ids)


@dataclass(frozen=True)
class CategoryService(MasterDataService[Category, CategoryFilter]):
    """Categories: a tree, whoever moves what at the same time."""

    resource = "category"
    entity = Category

    repository: CategoryRepository
    usage: Usage

    def change(self, command: Change, *, by: Actor) -> Category:
        """Change or move one; raises NotFound, Stale, Invalid, Duplicate, Unknown, Cyclic.

        Every change locks the tree, in one order: who renames holds the parent as well, and
        would otherwise meet those who archive both the other way round.
        """
        by.require("category.change")
        parent_id = command.values().get("parent_id")
        with self.uow:
            parents = self.repository.lock_tree()
            if parent_id is not None:
                refuse_cycle(command.id, parent_id, parents)
            return super().change(command, by=by)

    def restore(self, id: int, *, by: Actor) -> Category:
        """Bring one back; raises NotFound, Duplicate, Conflict while its parent is archived."""
        with needing_what_it_refers_to():
            return super().restore(id, by=by)

    def check(self, category: Category, *, by: Actor) -> None:
        if category.parent_id is not None:
            held(self.repository, category.parent_id, field="parent_id")

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.usage.of_categories(ids)


@dataclass(frozen=True)
class UnitService(MasterDataService[Unit, UnitFilter]):
    """Units: what they count exactly stays exact."""

    resource = "unit"
    entity = Unit

    repository: UnitRepository
    usage: Usage

    def make_delivered(self) -> None:
        """Make the delivered units that are missing; what the owner changed stays."""
        with self.uow:
            known = self.repository.delivered()
            for code, name, places in DELIVERED_UNITS:
                taken = self.repository.search(UnitFilter(code=code), PageRequest(size=1)).total
                if code not in known and not taken:
                    unit = Unit(code=code, name=name, places=places, delivered_as=code)
                    self.repository.add(unit)

    def change(self, command: Change, *, by: Actor) -> Unit:
        """Change one; raises NotFound, Stale, Invalid, Duplicate, and Conflict for fewer places
        once something counted in it has entries."""
        by.require("unit.change")
        places = command.values().get("places")
        with self.uow:
            if places is not None and places < self.repository.get_for_update(command.id).places:
                self.repository.lock_counted(command.id)
                self._expect_no_entries(command.id)
            return super().change(command, by=by)

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.usage.of_units(ids)

    def _expect_no_entries(self, id: int) -> None:
        if self.usage.units_with_entries([id]):
            raise Conflict(
                "Something counted in this unit has entries in the ledger: "
                "it cannot have fewer decimal places.",
                code="has_entries",
                pointer="/places",
            )


@contextmanager
def needing_what_it_refers_to() -> Iterator[None]:
    """Restoring asks for the things it refers to: that they are archived is no wrong input."""
    try:
        yield
    except Unknown as error:
        raise Conflict(
            f"It cannot come back while what it belongs to is archived: {error.detail}",
            code="refers_to_archived",
        ) from error
