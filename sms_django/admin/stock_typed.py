"""What was typed or scanned in a form, as the core's orders say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Invalid, Unknown, gathered
from sms_core.stock.postings import NamedLot
from sms_core.stock.services import StockService
from sms_core.stock.views import Scanned

T = TypeVar("T")
Values = dict[str, Any]
# In which warehouse of the head a location lies.
_PLACES = {
    "location": "warehouse",
    "from_location": "from_warehouse",
    "to_location": "to_warehouse",
}
_REFERENCES = ("warehouse", "from_warehouse", "to_warehouse", "supplier", "customer")
_QUANTITIES = ("quantity", "counted_quantity")


@dataclass
class Typed:
    """Looks up goods and locations by their codes; `checked` raises for all misses at once."""

    stock: StockService
    actor: Actor
    head: Values
    lines: Sequence[Values] = ()
    errors: list[DomainError] = field(default_factory=list)

    def __post_init__(self) -> None:
        every = [self.head, *self.lines]
        codes = {values["variant"] for values in every if "variant" in values}
        self.goods = self.stock.scan(codes, by=self.actor) if codes else {}
        self.places = {
            (name, warehouse.pk): self._places(name, warehouse.pk, every)
            for name, of in _PLACES.items()
            if (warehouse := self.head.get(of)) is not None
        }

    def _places(self, name: str, warehouse_id: int, every: Sequence[Values]) -> dict[str, int]:
        codes = {values[name] for values in every if values.get(name)}
        return self.stock.places(warehouse_id, codes, by=self.actor) if codes else {}

    def checked(self) -> tuple[Values, list[Values]]:
        """The head and the lines with ids; raises Unknown and Invalid."""
        head = self._with_ids(self.head, "")
        lines = [self._with_ids(line, f"/lines/{number}") for number, line in enumerate(self.lines)]
        if self.errors:
            raise gathered(self.errors)
        return head, lines

    def _with_ids(self, values: Values, at: str) -> Values:
        found = dict(values)
        if "variant" in values:
            self._set_goods(found, at)
        for name, of in _PLACES.items():
            if name in values and self.head.get(of) is not None:
                found[f"{name}_id"] = self._place(values[name], name, self.head[of].pk, at)
        for name in _REFERENCES:
            if name in values:
                found[f"{name}_id"] = values[name].pk if values[name] else None
        if "reason_code" in values:
            found["reason_code"] = getattr(values["reason_code"], "code", values["reason_code"])
        if "lot" in values:
            found["lot_code"] = values["lot"] or None
            found["lot"] = _lot(values)
        return found

    def _set_goods(self, values: Values, at: str) -> None:
        scanned = self.goods.get(values["variant"])
        if scanned is None:
            self.errors.append(Unknown("Nothing has this code.", pointer=f"{at}/variant_id"))
            return
        values["variant_id"] = scanned.variant_id
        if "quantity" in values and all(values.get(name) is None for name in _QUANTITIES):
            self._set_quantity(values, scanned, at)

    def _set_quantity(self, values: Values, scanned: Scanned, at: str) -> None:
        # A count says what is there; what a barcode stands for says nothing about that.
        values["quantity"] = None if "counted_quantity" in values else scanned.quantity
        if values["quantity"] is None:
            self.errors.append(Invalid("Give the quantity.", pointer=f"{at}/quantity"))

    def _place(self, code: str, name: str, warehouse_id: int, at: str) -> int | None:
        id = self.places[name, warehouse_id].get(code)
        if code and id is None:
            self.errors.append(Unknown("There is no such location.", pointer=f"{at}/{name}_id"))
        return id


def _lot(values: Values) -> NamedLot | None:
    if not values["lot"]:
        return None
    return NamedLot(code=values["lot"], expires_on=values.get("expires_on"))


def filled_in(order: type[T], values: Mapping[str, Any]) -> T:
    """The order with those of the values that it asks for."""
    asked = {each.name for each in fields(order)}  # type: ignore[arg-type]
    return order(**{name: value for name, value in values.items() if name in asked})


def lines_filled_in(order: type[T], lines: Sequence[Values]) -> tuple[T, ...]:
    """The lines as orders; what is blank is not said. Raises Invalid where something must be."""
    errors: list[DomainError] = []
    made = []
    needed = [each.name for each in fields(order) if _is_needed(each)]  # type: ignore[arg-type]
    for number, line in enumerate(lines):
        given = {name: value for name, value in line.items() if value not in (None, "")}
        missing = [name for name in needed if name not in given]
        errors += [
            Invalid(f"Give the {name.replace('_', ' ')}.", pointer=f"/lines/{number}/{name}")
            for name in missing
        ]
        if not missing:
            made.append(filled_in(order, given))
    if errors:
        raise gathered(errors)
    return tuple(made)


def _is_needed(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING
