"""Which open documents name what, asked of the tables of all documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Model

from sms_core.purchasing.orders import PurchaseState
from sms_core.selling.orders import WAITING, SalesState
from sms_core.stock.counts import OPEN_COUNTS, CountState
from sms_core.stock.documents import OpenDocuments
from sms_core.stock.transfers import TransferState
from sms_django import models

NAMED = 3


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A kind of documents, in which states they are open, and by which warehouses one sees them."""

    words: str
    table: type[Model]
    states: tuple[str, ...]
    warehouses: tuple[str, ...] = ("warehouse_id",)


_PURCHASES = _Kind(
    words="purchase order",
    table=models.PurchaseOrder,
    states=(PurchaseState.DRAFT.value, *PurchaseState.open_values()),
)
_SALES = _Kind(
    words="sales order",
    table=models.SalesOrder,
    states=(SalesState.DRAFT.value, *(state.value for state in WAITING)),
)
_TRANSFERS = _Kind(
    words="stock transfer",
    table=models.StockTransfer,
    states=(
        TransferState.DRAFT.value,
        TransferState.IN_TRANSIT.value,
        TransferState.PARTIALLY_RECEIVED.value,
    ),
    warehouses=("from_warehouse_id", "to_warehouse_id"),
)
_COUNTS = _Kind(
    words="stock count",
    table=models.StockCount,
    states=(CountState.DRAFT.value, *(state.value for state in OPEN_COUNTS)),
)
_KINDS = (_PURCHASES, _SALES, _TRANSFERS, _COUNTS)


class DjangoOpenDocuments(OpenDocuments):
    """Each question takes one statement per kind of documents, however many ids it is about."""

    def of_warehouses(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        asked = ((kind, path) for kind in _KINDS for path in kind.warehouses)
        return _worded(_found(asked, ids, seen_in))

    def of_locations(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _worded([*_found([(_COUNTS, "lines__location_id")], ids, seen_in), *_scoped(ids)])

    def of_variants(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        asked = ((kind, "lines__variant_id") for kind in _KINDS)
        return _worded(_found(asked, ids, seen_in))

    def of_products(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        asked = ((kind, "lines__variant__product_id") for kind in _KINDS)
        return _worded(_found(asked, ids, seen_in))

    def of_suppliers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _worded(_found([(_PURCHASES, "supplier_id")], ids, seen_in))

    def of_customers(
        self, ids: Collection[int], *, seen_in: frozenset[int] | None
    ) -> dict[int, str]:
        return _worded(_found([(_SALES, "customer_id")], ids, seen_in))


@dataclass(frozen=True)
class _Hit:
    """A document that names the thing with this id; `number` is None where one does not see it."""

    id: int
    words: str
    document_id: int
    number: str | None


def _found(
    asked: Iterable[tuple[_Kind, str]], ids: Collection[int], seen_in: frozenset[int] | None
) -> Iterator[_Hit]:
    for kind, path in asked:
        rows = kind.table._default_manager.filter(
            deleted_at=None, state__in=kind.states, **{f"{path}__in": set(ids)}
        )
        shown = rows.values_list(path, "pk", "number", *kind.warehouses).distinct().order_by("pk")
        for id, document_id, number, *warehouses in shown:
            is_seen = seen_in is None or not seen_in.isdisjoint(warehouses)
            yield _Hit(id, kind.words, document_id, number if is_seen else None)


def _scoped(ids: Collection[int]) -> Iterator[_Hit]:
    """The open counts that name locations of those whose sheets are not written yet."""
    counts = models.StockCount.objects.filter(
        deleted_at=None, state__in=_COUNTS.states, warehouse__locations__in=set(ids)
    )
    shown = counts.values_list("pk", "number", "location_ids").distinct().order_by("pk")
    for document_id, number, location_ids in shown:
        for id in set(location_ids) & set(ids):
            yield _Hit(id, _COUNTS.words, document_id, number)


def _worded(hits: Iterable[_Hit]) -> dict[int, str]:
    """By id: "2 open purchase orders (PO-2026-000001, PO-2026-000002)"."""
    numbers: dict[int, dict[str, dict[int, str | None]]] = {}
    for hit in hits:
        of_kind = numbers.setdefault(hit.id, {}).setdefault(hit.words, {})
        of_kind[hit.document_id] = hit.number
    return {
        id: " and ".join(_of_kind(words, list(found.values())) for words, found in kinds.items())
        for id, kinds in numbers.items()
    }


def _of_kind(words: str, numbers: list[str | None]) -> str:
    seen = [number for number in numbers if number is not None]
    if not seen:
        return f"open {words}s of another place"
    plural = "s" if len(seen) > 1 else ""
    more = f" and {len(seen) - NAMED} more" if len(seen) > NAMED else ""
    return f"{len(seen)} open {words}{plural} ({', '.join(seen[:NAMED])}{more})"
