"""The use cases that all documents share: look up, list, draft, copy, archive, history."""

# No postponed annotations here: see services.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sms_core.shared.documents import (
    Document,
    DocumentNumbers,
    DocumentPosting,
    Event,
    Journal,
)
from sms_core.shared.entities import Actor
from sms_core.shared.errors import NotFound
from sms_core.shared.paging import ListFilter, Page, PageRequest
from sms_core.shared.services import MasterDataService

D = TypeVar("D", bound=Document)
F = TypeVar("F", bound=ListFilter)


@dataclass(frozen=True)
class DocumentService(MasterDataService[D, F], Generic[D, F]):
    """Drafts documents; subclasses add the transitions of theirs.

    A document of warehouses that the actor does not see does not exist. All methods raise
    Forbidden when the actor lacks their permission.
    """

    journal: Journal
    numbers: DocumentNumbers

    def get(self, id: int, *, by: Actor) -> D:
        """The live one with this id; raises NotFound."""
        document = super().get(id, by=by)
        self.guard([document], by=by)
        return document

    def search(self, filter: F, page: PageRequest, *, by: Actor) -> Page[D]:
        """The ones that match in the warehouses the actor sees, a page at a time."""
        by.require(f"{self.resource}.view")
        seen: Any = {"visible": by.warehouse_ids}
        return super().search(replace(filter, **seen), page, by=by)

    def create(self, command: Any, *, by: Actor) -> D:
        """Draft one; raises Invalid, Unknown, RuleBroken."""
        by.require(f"{self.resource}.add")
        with self.uow:
            return self.draft(command, by=by)

    def draft(self, command: Any, *, by: Actor) -> D:
        """Draft one inside the unit of work of a use case that has asked for the rights."""
        return self._kept(self.drafted(command, by=by), by)

    def _kept(self, document: D, by: Actor, note: str = "") -> D:
        self.check(document, by=by)
        document.number = self.numbers.next(document.type)
        self.repository.add(document)
        self.note("create", document, by=by, note=note)
        return document

    def drafted(self, command: Any, *, by: Actor) -> D:
        """The new document that the command describes, not yet checked against others."""
        document: D = self.entity(**vars(command))
        return document

    def duplicate(self, id: int, *, by: Actor) -> D:
        """Draft the same again, whatever became of it; raises NotFound, and what drafting does."""
        by.require(f"{self.resource}.view")
        by.require(f"{self.resource}.add")
        with self.uow:
            original = self.repository.get(id)
            self.guard([original], by=by)
            copy = self.drafted(self.copy_of(original), by=by)
            return self._kept(copy, by, f"Copy of {original.number}.")

    def copy_of(self, document: D) -> Any:
        """The command that drafts the same document again."""
        raise NotImplementedError

    def delete(self, id: int, *, by: Actor, version: int | None = None) -> None:
        """Archive a draft; raises NotFound, Stale, and WrongState for anything else."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            found = self.repository.lock_for_archiving([id])
            if not found:
                raise NotFound(f"There is no {self.entity.name_of_kind} {id}.")
            self.guard(found, by=by)
            found[0].expect_version(version)
            found[0].see_that_may("delete")
            self.archive([id])
            self.note("delete", found[0], by=by)

    def restore(self, id: int, *, by: Actor) -> D:
        """Bring an archived draft back; raises NotFound, and Unknown for what is gone by now."""
        by.require(f"{self.resource}.delete")
        with self.uow:
            document = super().restore(id, by=by)
            self.note("restore", document, by=by)
        return document

    def history(self, id: int, *, by: Actor) -> list[Event]:
        """What was done with the document, the oldest first; raises NotFound."""
        return self.journal.of(self.get(id, by=by).ref)

    def postings(
        self, documents: Sequence[D], *, by: Actor
    ) -> dict[int, tuple[DocumentPosting, ...]]:
        """What the documents led to in the warehouses the actor sees, by the document's id."""
        by.require(f"{self.resource}.view")
        ids = [document.id for document in documents]
        return self.journal.postings(self.entity.type, ids, by.warehouse_ids) if ids else {}

    def guard(self, entities: Sequence[D], *, by: Actor) -> None:
        """Raise NotFound for a document that the actor does not see."""
        for document in entities:
            if not self.is_seen(document, by=by):
                raise NotFound(f"There is no {document.name_of_kind} {document.id}.")

    def is_seen(self, document: D, *, by: Actor) -> bool:
        """Whether the document exists for the actor."""
        raise NotImplementedError

    def note(
        self,
        act: str,
        document: D,
        *,
        by: Actor,
        note: str = "",
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        postings: Sequence[str] = (),
    ) -> None:
        """Write down who did what."""
        event = Event.of(
            act,
            by=by,
            at=self.clock.now(),
            note=note,
            changes=changes or {},
            postings=tuple(postings),
        )
        self.journal.write(document.ref, event)
