"""The permissions there are, and the roles the system is delivered with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """The right to one kind of deed; roles grant it by its code."""

    code: str
    label: str
    description: str


@dataclass(frozen=True, kw_only=True)
class DeliveredRole:
    """A role that every database starts with; the owner may change it afterwards."""

    name: str
    label: str
    description: str
    permissions: frozenset[str]


_KINDS: Mapping[str, str] = {
    "brand": "brands",
    "category": "categories",
    "unit": "units",
    "product": "products and their variants",
    "warehouse": "warehouses",
    "location": "locations",
    "reason_code": "reason codes",
    "supplier": "suppliers",
    "customer": "customers",
    "user": "users",
    "role": "roles",
    "purchase_order": "purchase orders",
    "sales_order": "sales orders",
    "stock_transfer": "stock transfers",
    "stock_count": "stock counts",
}
_DEEDS: Mapping[str, tuple[str, str]] = {
    "view": ("View {}", "Look {} up and list them."),
    "add": ("Add {}", "Create new {}."),
    "change": ("Change {}", "Edit existing {}."),
    "delete": ("Archive {}", "Archive {} that are no longer needed, and restore them."),
}
_SPECIAL = (
    Permission("company.change", "Change the company", "Edit name, currency and time zone."),
    Permission("stock.view", "View stock", "See levels, postings, entries and lots."),
    Permission("stock.open", "Enter opening stock", "Post what was there before the first entry."),
    Permission("stock.receive", "Receive goods", "Post goods that came in."),
    Permission("stock.issue", "Issue goods", "Post goods that went out or were used."),
    Permission("stock.scrap", "Scrap goods", "Post goods that were thrown away."),
    Permission("stock.adjust", "Adjust stock", "Correct quantities, and keep lots."),
    Permission("stock.adjust_large", "Adjust large values", "Correct more than the set limit."),
    Permission("stock.transfer", "Transfer stock", "Move goods between places in one step."),
    Permission("stock.reserve", "Reserve stock", "Promise goods to someone, and release them."),
    Permission("stock.revalue", "Revalue stock", "Change what goods on hand are worth."),
    Permission("stock.reverse", "Reverse postings", "Undo postings by opposite ones."),
    Permission("stock.backdate", "Post into the past", "Post with a date before today."),
    Permission("stock.close_period", "Close periods", "Close the books up to a day, or re-open."),
    Permission("stock.verify", "Verify the ledger", "Prove that stock and ledger agree."),
    Permission("purchase_order.place", "Place purchase orders", "Send orders to suppliers."),
    Permission("purchase_order.receive", "Receive purchase orders", "Book in what was ordered."),
    Permission("purchase_order.over_receive", "Receive too much", "Accept more than was ordered."),
    Permission("purchase_order.return", "Return to suppliers", "Send received goods back."),
    Permission("sales_order.confirm", "Confirm sales orders", "Promise goods to customers."),
    Permission("sales_order.ship", "Ship sales orders", "Send what was sold."),
    Permission("sales_order.return", "Take returns", "Book in what customers send back."),
    Permission("sales_order.allocate_out_of_turn", "Jump the queue", "Serve an order first."),
    Permission("stock_transfer.dispatch", "Dispatch transfers", "Send goods on their way."),
    Permission("stock_transfer.receive", "Receive transfers", "Book in goods on their way."),
    Permission("stock_count.enter", "Enter counts", "Write down what was counted."),
    Permission("stock_count.approve", "Approve counts", "Accept what a count found."),
    Permission("stock_count.post", "Post counts", "Make the stock what was counted."),
    Permission("cost.view", "View costs", "See costs and what stock is worth."),
)


def _of_kind(kind: str, words: str) -> Iterable[Permission]:
    for deed, (label, description) in _DEEDS.items():
        yield Permission(f"{kind}.{deed}", label.format(words), description.format(words))


CATALOGUE: tuple[Permission, ...] = (
    *(permission for kind, words in _KINDS.items() for permission in _of_kind(kind, words)),
    *_SPECIAL,
)
ALL_CODES = frozenset(permission.code for permission in CATALOGUE)
_VIEWS = frozenset(code for code in ALL_CODES if code.endswith(".view"))
_ACCOUNTS = frozenset(code for code in ALL_CODES if code.startswith(("user.", "role.")))
_COSTS = frozenset({"cost.view"})

OWNER = "owner"
DELIVERED_ROLES: tuple[DeliveredRole, ...] = (
    DeliveredRole(
        name=OWNER,
        label="Owner",
        description="May do everything, and decides who else may do what.",
        permissions=ALL_CODES,
    ),
    DeliveredRole(
        name="manager",
        label="Manager",
        description="Runs the warehouse: everything but users and roles.",
        permissions=ALL_CODES - _ACCOUNTS,
    ),
    DeliveredRole(
        name="clerk",
        label="Clerk",
        description="Does the daily work with goods and orders, without seeing costs.",
        permissions=(_VIEWS - _ACCOUNTS - _COSTS)
        | {"stock.receive", "stock.issue", "stock.transfer", "stock.reserve", "stock_count.enter"}
        | {"purchase_order.receive", "stock_transfer.dispatch", "stock_transfer.receive"}
        | {"sales_order.add", "sales_order.change", "sales_order.confirm", "sales_order.ship"}
        | {"sales_order.return", "stock_transfer.add", "stock_transfer.change"},
    ),
    DeliveredRole(
        name="auditor",
        label="Auditor",
        description="Sees everything, costs included, verifies the ledger and changes nothing.",
        permissions=_VIEWS | {"stock.verify"},
    ),
)


def in_catalogue_order(codes: Iterable[str]) -> tuple[str, ...]:
    """These codes, each once, in the order in which the catalogue lists them."""
    wanted = frozenset(codes)
    return tuple(permission.code for permission in CATALOGUE if permission.code in wanted)
