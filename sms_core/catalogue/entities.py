"""What the business trades in, and the rules its lists keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from sms_core.shared.entities import MasterData
from sms_core.shared.errors import Invalid, RuleBroken
from sms_core.shared.numbers import QUANTITY_LIMIT, QUANTITY_PLACES, exact
from sms_core.shared.text import tidy, tidy_text


class Cyclic(RuleBroken):
    """A category cannot lie below itself."""

    code = "cyclic"


@dataclass(kw_only=True)
class Brand(MasterData):
    """The name under which a maker sells; two live brands never share one."""

    name_of_kind: ClassVar[str] = "brand"

    name: str
    description: str = ""

    def check(self) -> None:
        self.name = tidy(self.name, "name")
        self.description = tidy_text(self.description, "description")


@dataclass(kw_only=True)
class Category(MasterData):
    """A shelf of the catalogue; categories form a tree."""

    name_of_kind: ClassVar[str] = "category"

    code: str
    name: str
    parent_id: int | None = None

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")


def refuse_cycle(id: int, parent_id: int, parents: Mapping[int, int | None]) -> None:
    """Raise Cyclic if `id` would come to lie below itself; `parents` is the whole tree."""
    above: int | None = parent_id
    while above is not None:
        if above == id:
            raise Cyclic(
                "A category cannot lie below itself or one of its own subcategories.",
                pointer="/parent_id",
            )
        above = parents.get(above)


@dataclass(kw_only=True)
class Unit(MasterData):
    """What quantities of a product count, and how many decimal places they may have."""

    name_of_kind: ClassVar[str] = "unit"

    code: str
    name: str
    places: int
    delivered_as: str = ""

    def check(self) -> None:
        self.code = tidy(self.code, "code")
        self.name = tidy(self.name, "name")
        if not 0 <= self.places <= QUANTITY_PLACES:
            raise Invalid(
                f"A unit has 0 to {QUANTITY_PLACES} decimal places.",
                code="out_of_range",
                pointer="/places",
            )

    def expect_countable(self, quantity: Decimal, field: str) -> None:
        """Raise RuleBroken if `quantity` is finer than this unit."""
        exact(quantity, places=self.places, limit=QUANTITY_LIMIT, field=field)


DELIVERED_UNITS: tuple[tuple[str, str, int], ...] = (
    ("pc", "Piece", 0),
    ("kg", "Kilogram", 3),
    ("g", "Gram", 0),
    ("l", "Litre", 3),
    ("m", "Metre", 2),
)
