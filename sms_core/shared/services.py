"""The use cases that all master data share: look up, list, create, change, archive, restore."""

# No postponed annotations here: subclasses in other modules inherit these fields, and whoever
# wires a service resolves the types of its constructor in the subclass's module.

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sms_core.shared.entities import Actor, Change, MasterData
from sms_core.shared.errors import InUse, NotFound, Unknown
from sms_core.shared.paging import ListFilter, Page, PageRequest
from sms_core.shared.ports import Clock, MasterDataRepository, UnitOfWork

M = TypeVar("M", bound=MasterData)
F = TypeVar("F", bound=ListFilter)


@dataclass(frozen=True)
class BulkDeleted:
    """What became of the ids of a bulk delete; each is in exactly one list, sorted."""

    deleted_ids: Sequence[int]
    missing_ids: Sequence[int]
    in_use_ids: Sequence[int]


@dataclass(frozen=True)
class MasterDataService(Generic[M, F]):
    """One method, one use case, one transaction. Subclasses say what is special about theirs.

    All methods raise Forbidden when the actor lacks `<resource>.view/add/change/delete`.
    """

    resource: ClassVar[str]
    entity: ClassVar[type[Any]]

    uow: UnitOfWork
    clock: Clock
    repository: MasterDataRepository[M, F]

    def get(self, id: int, *, by: Actor) -> M:
        """The live one with this id; raises NotFound."""
        by.require(f"{self.resource}.view")
        return self.repository.get(id)

    def search(self, filter: F, page: PageRequest, *, by: Actor) -> Page[M]:
        """The ones that match, a page at a time."""
        by.require(f"{self.resource}.view")
        return self.repository.search(filter, page)

    def create(self, command: Any, *, by: Actor) -> M:
        """Take a new one into the list; raises Invalid, Duplicate, Unknown."""
        by.require(f"{self.resource}.add")
        with self.uow:
            entity: M = self.entity(**vars(command))
            self.check(entity, by=by)
            self.repository.add(entity)
        return entity

    def change(self, command: Change, *, by: Actor) -> M:
        """Change one; raises NotFound, Stale, Invalid, Duplicate, Unknown."""
        by.require(f"{self.resource}.change")
        with self.uow:
            entity = self.repository.get_for_update(command.id)
            entity.expect_version(command.version)
            self.guard([entity], by=by)
            entity.change(**command.values())
            self.check(entity, by=by)
            self.repository.save(entity)
        return entity

    def delete(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Archive one; raises NotFound, Stale, and InUse saying by what it is used."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            found = self.repository.lock_for_archiving([id])
            if not found:
                raise NotFound(f"There is no {self.entity.name_of_kind} {id}.")
            found[0].expect_version(version)
            self.guard(found, by=by)
            if holders := self.holders([id], by=by).get(id):
                raise InUse(f"This {self.entity.name_of_kind} is in use by {holders}.")
            self.archive([id])

    def bulk_delete(self, ids: Collection[int], *, by: Actor) -> BulkDeleted:
        """Archive those that exist and are not in use; two callers never archive the same one."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            entities = self.repository.lock_for_archiving(ids)
            self.guard(entities, by=by)
            found = {entity.id for entity in entities}
            held = set(self.holders(found, by=by)) & found if found else set()
            if found - held:
                self.archive(sorted(found - held))
        return BulkDeleted(sorted(found - held), sorted(set(ids) - found), sorted(held))

    def restore(self, id: int, *, by: Actor) -> M:
        """Bring an archived one back; raises NotFound, Duplicate when its name is taken now."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            entity = self.repository.get_archived_for_update(id)
            self.guard([entity], by=by)
            entity.restore()
            self.check(entity, by=by)
            self.repository.save(entity)
        return entity

    def guard(self, entities: Sequence[M], *, by: Actor) -> None:
        """Raise Forbidden where the actor may not touch one of these, as it is now."""

    def check(self, entity: M, *, by: Actor) -> None:
        """Rules that need more than the entity itself, before it is stored; raises."""

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        """What keeps each of `ids` from being archived, in words, by id; absent: nothing."""
        return {}

    def archive(self, ids: Collection[int]) -> None:
        """Archive these and what goes with them."""
        self.repository.archive(ids, self.clock.now())


def held(repository: MasterDataRepository[M, Any], id: int, *, field: str) -> M:
    """The live thing that a command refers to, kept from being archived; raises Unknown."""
    found = repository.hold([id]).get(id)
    if found is None:
        raise Unknown(f"There is no {field.removesuffix('_id')} {id}.", pointer=f"/{field}")
    return found
