"""What can happen to stock, and where goods and value may come from or go to when it does."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a posting is about."""

    OPENING = "opening"
    RECEIPT = "receipt"
    ISSUE = "issue"
    ADJUSTMENT = "adjustment"
    SCRAP = "scrap"
    COUNT = "count"
    TRANSFER = "transfer"
    DISPATCH = "dispatch"
    ARRIVAL = "arrival"
    SHIPMENT = "shipment"
    SUPPLIER_RETURN = "supplier_return"
    CUSTOMER_RETURN = "customer_return"
    RESERVATION = "reservation"
    RELEASE = "release"
    REVALUATION = "revaluation"
    REVERSAL = "reversal"


class Counterpart(Enum):
    """Where the goods or the value of an entry came from or went to."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    ADJUSTMENT = "adjustment"
    SCRAP = "scrap"
    INTERNAL = "internal"
    OPENING = "opening"
    COST_DIFFERENCE = "cost_difference"
    STOCK = "stock"
    NONE = "none"


class Effect(Enum):
    """What an entry does to its level."""

    IN = "in"
    OUT = "out"
    PROMISE = "promise"
    RELEASE = "release"
    VALUE = "value"

    @classmethod
    def of(cls, *, quantity: Decimal, reserved: Decimal) -> Effect:
        """The effect of these changes: goods count before promises, promises before value."""
        if quantity:
            return cls.IN if quantity > 0 else cls.OUT
        if reserved:
            return cls.PROMISE if reserved > 0 else cls.RELEASE
        return cls.VALUE


class Disposition(Enum):
    """What becomes of goods that are sent back: where they go, or are taken from."""

    STOCK = "stock"
    QUARANTINE = "quarantine"
    SCRAP = "scrap"


class CostSource(Enum):
    """How the unit cost of goods that came in was found."""

    GIVEN = "given"
    AVERAGE = "average"
    LAST_RECEIPT = "last_receipt"
    REFERENCE = "reference"
    NONE = "none"


PREFIXES: Final[Mapping[Kind, str]] = {
    Kind.OPENING: "OPN",
    Kind.RECEIPT: "REC",
    Kind.ISSUE: "ISS",
    Kind.ADJUSTMENT: "ADJ",
    Kind.SCRAP: "SCR",
    Kind.COUNT: "CNT",
    Kind.TRANSFER: "TRF",
    Kind.DISPATCH: "DSP",
    Kind.ARRIVAL: "ARR",
    Kind.SHIPMENT: "SHP",
    Kind.SUPPLIER_RETURN: "SRT",
    Kind.CUSTOMER_RETURN: "CRT",
    Kind.RESERVATION: "RSV",
    Kind.RELEASE: "RLS",
    Kind.REVALUATION: "RVL",
    Kind.REVERSAL: "REV",
}

_BOTH_WAYS = frozenset({Effect.IN, Effect.OUT})
_RELEASE = {Counterpart.NONE: frozenset({Effect.RELEASE})}
_ONLY_IN = frozenset({Effect.IN})
_ONLY_OUT = frozenset({Effect.OUT})
_ONLY_VALUE = frozenset({Effect.VALUE})

# Corrections may leave less than is promised; they then release the difference themselves.
ALLOWED: Final[Mapping[Kind, Mapping[Counterpart, frozenset[Effect]]]] = {
    Kind.OPENING: {Counterpart.OPENING: _ONLY_IN},
    Kind.RECEIPT: {Counterpart.SUPPLIER: _ONLY_IN},
    Kind.ISSUE: {Counterpart.INTERNAL: _ONLY_OUT, Counterpart.CUSTOMER: _ONLY_OUT},
    Kind.ADJUSTMENT: {Counterpart.ADJUSTMENT: _BOTH_WAYS, **_RELEASE},
    Kind.SCRAP: {Counterpart.SCRAP: _ONLY_OUT, **_RELEASE},
    Kind.COUNT: {Counterpart.ADJUSTMENT: _BOTH_WAYS, **_RELEASE},
    Kind.TRANSFER: {Counterpart.STOCK: _BOTH_WAYS},
    Kind.DISPATCH: {Counterpart.STOCK: _BOTH_WAYS},
    Kind.ARRIVAL: {Counterpart.STOCK: _BOTH_WAYS},
    Kind.SHIPMENT: {Counterpart.CUSTOMER: _ONLY_OUT},
    Kind.SUPPLIER_RETURN: {Counterpart.SUPPLIER: _ONLY_OUT},
    # What comes back unfit goes straight on to scrap.
    Kind.CUSTOMER_RETURN: {Counterpart.CUSTOMER: _ONLY_IN, Counterpart.SCRAP: _ONLY_OUT},
    Kind.RESERVATION: {Counterpart.NONE: frozenset({Effect.PROMISE})},
    Kind.RELEASE: _RELEASE,
    Kind.REVALUATION: {Counterpart.COST_DIFFERENCE: _ONLY_VALUE, Counterpart.SUPPLIER: _ONLY_VALUE},
    Kind.REVERSAL: {
        Counterpart.SUPPLIER: _BOTH_WAYS | _ONLY_VALUE,
        Counterpart.CUSTOMER: _BOTH_WAYS,
        Counterpart.ADJUSTMENT: _BOTH_WAYS,
        Counterpart.SCRAP: _ONLY_IN,
        Counterpart.INTERNAL: _ONLY_IN,
        Counterpart.OPENING: _ONLY_OUT,
        Counterpart.COST_DIFFERENCE: _ONLY_VALUE,
        Counterpart.STOCK: _BOTH_WAYS,
        **_RELEASE,
    },
}


def allows(kind: Kind, counterpart: Counterpart, effect: Effect) -> bool:
    """Whether a posting of this kind may hold such an entry."""
    return effect in ALLOWED[kind].get(counterpart, frozenset())


NEEDS_REASON: Final = frozenset({Kind.ADJUSTMENT, Kind.SCRAP})
# What was found to be so, whatever had been promised before.
FACTS: Final = frozenset({Kind.ADJUSTMENT, Kind.SCRAP, Kind.COUNT, Kind.REVERSAL})
# What takes a permission of its own above a value that the company sets.
WEIGHED: Final = frozenset({Kind.ADJUSTMENT, Kind.SCRAP, Kind.REVALUATION})
# An undone undoing is a new posting; promises are made and released, not reversed.
IRREVERSIBLE: Final = frozenset({Kind.REVERSAL, Kind.RESERVATION, Kind.RELEASE})


def needs_reason(kind: Kind, counterpart: Counterpart) -> bool:
    """Whether somebody must say why: corrections, scrap and what the company uses itself."""
    return kind in NEEDS_REASON or (kind, counterpart) == (Kind.ISSUE, Counterpart.INTERNAL)


# The reason codes every installation begins with: code, label, what each is offered for.
DELIVERED_REASONS: Final[tuple[tuple[str, str, tuple[Kind, ...]], ...]] = (
    (
        "damaged",
        "Damaged",
        (Kind.SCRAP, Kind.ADJUSTMENT, Kind.CUSTOMER_RETURN, Kind.SUPPLIER_RETURN),
    ),
    ("expired", "Expired", (Kind.SCRAP, Kind.ADJUSTMENT)),
    ("lost", "Lost", (Kind.ADJUSTMENT, Kind.COUNT)),
    ("found", "Found", (Kind.ADJUSTMENT, Kind.COUNT)),
    ("count-difference", "Count difference", (Kind.ADJUSTMENT, Kind.COUNT)),
    ("keying-error", "Keying error", (Kind.ADJUSTMENT, Kind.COUNT, Kind.REVERSAL)),
    ("internal-use", "Internal use", (Kind.ISSUE,)),
    ("sample", "Sample", (Kind.ISSUE,)),
    ("gift", "Gift", (Kind.ISSUE,)),
    ("wrong-item", "Wrong item", (Kind.CUSTOMER_RETURN, Kind.SUPPLIER_RETURN)),
    ("defective", "Defective", (Kind.CUSTOMER_RETURN, Kind.SUPPLIER_RETURN, Kind.SCRAP)),
    ("transfer-shortage", "Transfer shortage", (Kind.ADJUSTMENT, Kind.ARRIVAL)),
)
