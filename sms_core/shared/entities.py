"""What every entity has, and who is acting on it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final

from sms_core.shared.errors import Forbidden, Stale


class Unset(Enum):
    """The type of `UNSET`: a field that a change leaves as it is (None would clear it)."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(kw_only=True)
class Entity:
    """A thing with an identity. The repository gives `id`, `version` and the times on `add`."""

    name_of_kind: ClassVar[str] = "record"

    id: int = 0
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Tidy the attributes and raise where they break a rule; an entity always satisfies it."""

    def change(self, **values: Any) -> None:
        """Give attributes new values and check the whole again."""
        for name, value in values.items():
            setattr(self, name, value)
        self.check()

    def expect_version(self, version: int | None) -> None:
        """Raise Stale unless `version` is the current one; None expects nothing."""
        if version is not None and version != self.version:
            raise Stale(
                f"This {self.name_of_kind} was changed by someone else: it is at version "
                f"{self.version}, you sent {version}. Load it again and repeat your change."
            )


@dataclass(kw_only=True)
class MasterData(Entity):
    """What the owner keeps lists of. It is archived, never destroyed, and can be restored."""

    deleted_at: datetime | None = None

    def archive(self, at: datetime) -> None:
        """Take it out of use; it keeps its id and can come back."""
        self.deleted_at = at

    def restore(self) -> None:
        """Bring it back into use."""
        self.deleted_at = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """An order to change the thing with `id`; attributes left UNSET stay as they are.

    With `version` it is refused (Stale) if somebody else changed the thing since that version.
    """

    id: int
    version: int | None = None

    def values(self) -> dict[str, Any]:
        """The attributes that are to change, by name."""
        own = (field.name for field in fields(self) if field.name not in {"id", "version"})
        given = {name: getattr(self, name) for name in own}
        return {name: value for name, value in given.items() if value is not UNSET}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who is acting, with what rights, in which request. `user_id` None: the system itself."""

    user_id: int | None
    username: str
    permissions: frozenset[str]
    warehouse_ids: frozenset[int] | None = None
    request_id: str = ""

    def may(self, permission: str) -> bool:
        """Whether some role of the actor grants this permission code."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise Forbidden unless the actor has this permission."""
        if not self.may(permission):
            raise Forbidden(f"You lack the permission {permission}.")

    def sees(self, warehouse_id: int) -> bool:
        """Whether this warehouse exists for the actor; None as the list means no limit."""
        return self.warehouse_ids is None or warehouse_id in self.warehouse_ids
