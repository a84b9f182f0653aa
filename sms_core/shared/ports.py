"""What every capability needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from sms_core.shared.entities import Entity, MasterData
from sms_core.shared.paging import ListFilter, Page, PageRequest

E = TypeVar("E", bound=Entity)
M = TypeVar("M", bound=MasterData)
F = TypeVar("F", bound=ListFilter)
T = TypeVar("T")


class UnitOfWork(Protocol):
    """A transaction: what happens inside is written whole when it ends, or not at all."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None: ...


class Snapshot(Protocol):
    """Several reads that all see one moment; writes nothing and keeps nobody waiting."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None: ...


class ImageStore(ABC):
    """Keeps pictures under names that nobody can guess."""

    @abstractmethod
    def put(self, content: bytes) -> str:
        """Keep a picture, drawn anew from its pixels, and give its name; raises Invalid for
        what is not a PNG, JPEG or WebP picture, or is too large."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Forget the picture with this name, if there is one."""


class Clock(ABC):
    """The time on the wall."""

    @abstractmethod
    def now(self) -> datetime:
        """The current time, aware, in UTC."""


@dataclass(frozen=True)
class Answer:
    """What a use case answered over HTTP, kept so that a repeated request gets the same."""

    status: int
    body: str
    replayed: bool = False


class OnceOnly(ABC):
    """Runs a use case at most once per key of a user, however often the request is sent."""

    @abstractmethod
    def run(
        self, *, user_id: int, key: str, fingerprint: str, use_case: Callable[[], Answer]
    ) -> Answer:
        """Run it and keep its answer, in one transaction; or give the answer kept before.

        Raises RuleBroken `key_reused` when the key stands for another request, Conflict
        `in_progress` while the first one is still running, and whatever the use case raises
        (then nothing is kept and the key is free again).
        """


class DryRun(ABC):
    """Runs a use case to see what it would do."""

    @abstractmethod
    def run(self, use_case: Callable[[], T]) -> T:
        """Run it in a transaction, undo all it did, and give what it answered; raises what the
        use case raises."""


class Repository(ABC, Generic[E]):
    """Keeps the entities of one kind."""

    @abstractmethod
    def get(self, id: int) -> E:
        """The live one with this id; raises NotFound."""

    @abstractmethod
    def get_for_update(self, id: int) -> E:
        """Like `get`, locked against other changes until the unit of work ends."""

    @abstractmethod
    def add(self, entity: E) -> None:
        """Store a new one and set its id and times on it; raises Duplicate."""

    @abstractmethod
    def save(self, entity: E) -> None:
        """Store a changed one and count its version up; raises Duplicate."""


class MasterDataRepository(Repository[M], Generic[M, F]):
    """Keeps what can be archived, restored and listed."""

    @abstractmethod
    def search(self, filter: F, page: PageRequest) -> Page[M]:
        """The live ones (or the archived ones) that match, in the order asked for."""

    @abstractmethod
    def hold(self, ids: Collection[int]) -> dict[int, M]:
        """The live ones among `ids`, by id, kept from being archived until the unit of work
        ends; others may still edit and hold them."""

    @abstractmethod
    def lock_for_archiving(self, ids: Collection[int]) -> list[M]:
        """The live ones among `ids`, locked in id order so that nobody edits or holds them."""

    @abstractmethod
    def archive(self, ids: Collection[int], at: datetime) -> None:
        """Mark these as deleted at `at` and count their versions up, in one statement."""

    @abstractmethod
    def get_archived_for_update(self, id: int) -> M:
        """The archived one with this id, locked; raises NotFound (also when it is live)."""
