"""Where goods can be, how batches are told apart, and why stock changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from sms_core.shared.entities import Entity, MasterData
from sms_core.shared.errors import RuleBroken
from sms_core.shared.text import fold, tidy, tidy_text
from sms_core.stock.kinds import Kind


class LocationKind(Enum):
    """What a place is for; only what lies in storage is available."""

    STORAGE = "storage"
    QUARANTINE = "quarantine"
    TRANSIT = "transit"


@dataclass(kw_only=True)
class Warehouse(MasterData):
    """A site with stock of its own; the ids of its three own locations come when it is made."""

    name_of_kind: ClassVar[str] = "warehouse"

    code: str
    name: str
    address: str = ""
    default_location_id: int = 0
    quarantine_location_id: int = 0
    transit_location_id: int = 0

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")
        self.address = tidy_text(self.address, "address")

    def role_of(self, location_id: int) -> str | None:
        """What the location is to the warehouse, in words, if it is one of its own three."""
        roles = {
            self.default_location_id: "the default location",
            self.quarantine_location_id: "the quarantine",
            self.transit_location_id: "the place for goods in transit",
        }
        return roles.get(location_id)

    def own_locations(self) -> tuple[Location, Location, Location]:
        """The places every warehouse begins with: default, quarantine and transit."""
        default, quarantine, transit = (
            Location(warehouse_id=self.id, code=code, name=name, kind=kind)
            for code, name, kind in (
                ("MAIN", "Main storage", LocationKind.STORAGE),
                ("QUARANTINE", "Quarantine", LocationKind.QUARANTINE),
                ("TRANSIT", "In transit", LocationKind.TRANSIT),
            )
        )
        return default, quarantine, transit


@dataclass(kw_only=True)
class Location(MasterData):
    """A place in a warehouse; its code is unique there."""

    name_of_kind: ClassVar[str] = "location"

    warehouse_id: int
    code: str
    name: str
    kind: LocationKind = LocationKind.STORAGE

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")

    def see_that_hand_made(self) -> None:
        """Raise RuleBroken for a kind that only the system makes."""
        if self.kind is LocationKind.TRANSIT:
            raise RuleBroken(
                "Each warehouse has one transit location, made with it.",
                code="kind_not_allowed",
                pointer="/kind",
            )


@dataclass(kw_only=True)
class Lot(Entity):
    """A batch of a variant. It may be used through `expires_on`, unless it is blocked."""

    name_of_kind: ClassVar[str] = "lot"

    variant_id: int
    code: str
    expires_on: date | None = None
    is_blocked: bool = False
    note: str = ""

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.note = tidy_text(self.note, "note")

    @property
    def key(self) -> tuple[int, str]:
        """What makes it one lot: the variant and the code, whatever its case."""
        return self.variant_id, fold(self.code)

    def is_usable(self, on: date) -> bool:
        """Whether goods of the lot may leave without anybody naming it."""
        return not self.is_blocked and (self.expires_on is None or on <= self.expires_on)


@dataclass(kw_only=True)
class ReasonCode(MasterData):
    """Why stock changes, offered for certain kinds of postings, or for all if none is named.

    `delivered_as` is the key of a reason the system came with.
    """

    name_of_kind: ClassVar[str] = "reason code"

    code: str
    label: str = ""
    kinds: tuple[Kind, ...] = ()
    delivered_as: str = ""

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.label = tidy(self.label or self.code, "label")
        chosen = set(self.kinds)
        self.kinds = tuple(kind for kind in Kind if kind in chosen)

    def see_that_offered_for(self, kind: Kind) -> None:
        """Raise RuleBroken unless it is a reason for this kind of posting."""
        if self.kinds and kind not in self.kinds:
            raise RuleBroken(
                f"The reason {self.code} is not offered for this ({kind.value}).",
                code="reason_not_offered",
                pointer="/reason_code",
            )
