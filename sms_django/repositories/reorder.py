"""What runs short: figures and rules of all variants added up in one statement."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Sum

from sms_core.purchasing.orders import PurchaseState
from sms_core.purchasing.reorder import Offer, Suggestion
from sms_core.purchasing.reorder_ports import ReorderReader, SuggestionFilter, SuggestionSort
from sms_core.shared.numbers import QUANTITY_PLACES
from sms_core.shared.paging import Page, PageRequest
from sms_core.shared.text import fold
from sms_core.stock.levels import LevelKey
from sms_django import models, order_figures
from sms_django.repositories.catalogue_products import CATEGORY_AND_BELOW
from sms_django.repositories.rows import given

# Whoever has a rule is watched by it; the others by their reorder level, where they ever were
# in stock, or in the first warehouse if they never were.
_WATCHED = """
    SELECT rule.variant_id, rule.warehouse_id, rule.id, rule.minimum, rule.maximum,
        rule.pack_size, rule.lead_days
    FROM sms_reorder_rule AS rule WHERE rule.deleted_at IS NULL
    UNION ALL
    SELECT variant.id, level.warehouse_id, NULL, variant.stock_alert, variant.stock_alert,
        NULL, NULL
    FROM sms_variant AS variant
    JOIN sms_level AS level ON level.variant_id = variant.id AND NOT level.in_transit
    LEFT JOIN sms_reorder_rule AS rule ON rule.variant_id = variant.id
        AND rule.warehouse_id = level.warehouse_id AND rule.deleted_at IS NULL
    WHERE variant.stock_alert IS NOT NULL AND rule.id IS NULL
    UNION ALL
    SELECT variant.id, first.id, NULL, variant.stock_alert, variant.stock_alert, NULL, NULL
    FROM sms_variant AS variant
    JOIN (SELECT MIN(id) AS id FROM sms_warehouse WHERE deleted_at IS NULL) AS first
        ON first.id IS NOT NULL
    WHERE variant.stock_alert IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM sms_level AS level
            WHERE level.variant_id = variant.id AND NOT level.in_transit)
        AND NOT EXISTS (SELECT 1 FROM sms_reorder_rule AS rule
            WHERE rule.variant_id = variant.id AND rule.deleted_at IS NULL)
"""
_ASKED = """
    SELECT given.variant_id, given.warehouse_id, rule.id,
        COALESCE(rule.minimum, variant.stock_alert), COALESCE(rule.maximum, variant.stock_alert),
        rule.pack_size, rule.lead_days
    FROM {given}
    JOIN sms_variant AS variant ON variant.id = given.variant_id
    LEFT JOIN sms_reorder_rule AS rule ON rule.variant_id = given.variant_id
        AND rule.warehouse_id = given.warehouse_id AND rule.deleted_at IS NULL
"""
_FIGURES = """
    WITH watched(variant_id, warehouse_id, rule_id, minimum, maximum, pack_size, lead_days)
        AS ({watched}),
    coming(variant_id, warehouse_id, quantity) AS ({coming}),
    waiting(variant_id, warehouse_id, quantity) AS ({waiting}),
    drafted(variant_id, warehouse_id, quantity) AS ({drafted}),
    sight AS (
        SELECT watched.*, variant.code, variant.code_key, variant.search_text,
            product.name, product.name_key, product.search_text AS product_text,
            product.category_id, product.is_active,
            warehouse.code AS warehouse_code, warehouse.code_key AS warehouse_key,
            COALESCE(level.on_hand, 0) AS on_hand, COALESCE(level.reserved, 0) AS reserved,
            COALESCE(waiting.quantity, 0) AS backordered,
            COALESCE(coming.quantity, 0) AS on_order,
            COALESCE(transit.on_hand, 0) AS in_transit,
            COALESCE(drafted.quantity, 0) AS drafted,
            COALESCE(level.on_hand, 0) - COALESCE(level.reserved, 0)
                - COALESCE(waiting.quantity, 0) + COALESCE(coming.quantity, 0)
                + COALESCE(transit.on_hand, 0) AS projected
        FROM watched
        JOIN sms_variant AS variant
            ON variant.id = watched.variant_id AND variant.deleted_at IS NULL
        JOIN sms_product AS product
            ON product.id = variant.product_id AND product.deleted_at IS NULL
        JOIN sms_warehouse AS warehouse
            ON warehouse.id = watched.warehouse_id AND warehouse.deleted_at IS NULL
        LEFT JOIN sms_level AS level ON level.variant_id = watched.variant_id
            AND level.warehouse_id = watched.warehouse_id AND NOT level.in_transit
        LEFT JOIN sms_level AS transit ON transit.variant_id = watched.variant_id
            AND transit.warehouse_id = watched.warehouse_id AND transit.in_transit
        LEFT JOIN coming ON coming.variant_id = watched.variant_id
            AND coming.warehouse_id = watched.warehouse_id
        LEFT JOIN waiting ON waiting.variant_id = watched.variant_id
            AND waiting.warehouse_id = watched.warehouse_id
        LEFT JOIN drafted ON drafted.variant_id = watched.variant_id
            AND drafted.warehouse_id = watched.warehouse_id
    )
    SELECT {columns} FROM sight WHERE {condition}
"""
_COLUMNS = (
    "variant_id, code, name, warehouse_id, warehouse_code, on_hand, reserved, backordered, "
    "on_order, in_transit, drafted, minimum, maximum, rule_id, pack_size, lead_days"
)
_SHORT = "projected <= minimum AND is_active"
_FIRST_SELLER = """
    %s = (SELECT item.supplier_id FROM sms_supplier_item AS item
        JOIN sms_supplier AS supplier ON supplier.id = item.supplier_id
        WHERE item.variant_id = sight.variant_id AND item.deleted_at IS NULL
            AND supplier.deleted_at IS NULL
        ORDER BY item.is_preferred DESC, item.id LIMIT 1)
"""
_ORDERS = {
    SuggestionSort.VARIANT_CODE: "code_key",
    SuggestionSort.PRODUCT_NAME: "name_key",
    SuggestionSort.WAREHOUSE_CODE: "warehouse_key",
    SuggestionSort.PROJECTED: "projected",
    SuggestionSort.SHORTFALL: "maximum - projected",
}
_DEFAULT_ORDER = "code_key, warehouse_key, variant_id, warehouse_id"


class DjangoReorderReader(ReorderReader):
    """One statement for a page of what runs short, and one for who sells it."""

    def suggestions(self, filter: SuggestionFilter, page: PageRequest) -> Page[Suggestion]:
        condition, values = _narrowed(filter)
        keys = [f"{_ORDERS[o.by]} {'DESC' if o.descending else 'ASC'}" for o in filter.order]  # type: ignore[index]
        shown = f"{condition} ORDER BY {', '.join([*keys, _DEFAULT_ORDER])} LIMIT %s OFFSET %s"
        # Adding up all that is watched is the work; counting what is short on the way is none.
        columns = f"{_COLUMNS}, COUNT(*) OVER ()"
        found = _rows(_WATCHED, [], columns, shown, [*values, page.size, page.offset])
        if not found and page.offset:
            total = _rows(_WATCHED, [], "COUNT(*)", condition, values)[0][0]
            return Page([], total, page)
        total = found[0][-1] if found else 0
        offers = self.offers({row[0] for row in found})
        return Page([_suggestion(row[:-1], offers.get(row[0], [])) for row in found], total, page)

    def outlook(self, keys: Collection[LevelKey]) -> dict[LevelKey, Suggestion]:
        pairs = [(key.variant_id, key.warehouse_id) for key in sorted(set(keys))]
        columns = (("variant_id", "bigint"), ("warehouse_id", "bigint"))
        source, parameters = given(columns, pairs)
        found = _rows(_ASKED.format(given=source), parameters, _COLUMNS, "1 = 1", [])
        return {LevelKey(row[0], row[3]): _suggestion(row, []) for row in found}

    def offers(self, variant_ids: Collection[int]) -> dict[int, list[Offer]]:
        items = models.SupplierItem.objects.filter(
            variant_id__in=set(variant_ids), deleted_at=None, supplier__deleted_at=None
        )
        found: dict[int, list[Offer]] = {}
        for item in items.select_related("supplier").order_by("-is_preferred", "pk"):
            found.setdefault(item.variant_id, []).append(_offer(item))
        return found


def _rows(
    watched: str, asked: list[Any], columns: str, condition: str, values: list[Any]
) -> list[tuple[Any, ...]]:
    coming, of_coming = _summed(order_figures.coming_lines(), order_figures.still_coming())
    waiting, of_waiting = _summed(order_figures.waiting_lines(), order_figures.still_missing())
    drafts = models.PurchaseOrderLine.objects.filter(
        document__deleted_at=None, document__state=PurchaseState.DRAFT.value
    )
    drafted, of_drafts = _summed(drafts, F("stock_quantity"))
    statement = _FIGURES.format(
        watched=watched,
        coming=coming,
        waiting=waiting,
        drafted=drafted,
        columns=columns,
        condition=condition,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*asked, *of_coming, *of_waiting, *of_drafts, *values])
        return list(cursor.fetchall())


def _summed(lines: QuerySet[Any], quantity: Any) -> tuple[str, list[Any]]:
    """The statement that adds lines up by variant and warehouse, and its parameters."""
    sums = lines.order_by().values_list("variant_id", "document__warehouse_id")
    statement, parameters = sums.annotate(total=Sum(quantity)).query.sql_with_params()
    return statement, list(parameters)


def _narrowed(filter: SuggestionFilter) -> tuple[str, list[Any]]:
    """The condition of what runs short and is asked for, and its parameters."""
    parts, values = [_SHORT], []
    for column in ("warehouse_id", "variant_id"):
        if (id := getattr(filter, column)) is not None:
            parts.append(f"{column} = %s")
            values.append(id)
    if filter.visible is not None:
        ids = sorted(filter.visible)
        parts.append(f"warehouse_id IN ({', '.join(['%s'] * len(ids))})" if ids else "1 = 0")
        values += ids
    if filter.category_id is not None:
        parts.append(f"category_id IN ({CATEGORY_AND_BELOW})")
        values.append(filter.category_id)
    if filter.supplier_id is not None:
        parts.append(_FIRST_SELLER)
        values.append(filter.supplier_id)
    if filter.search:
        text = connection.ops.prep_for_like_query(fold(filter.search))
        parts.append(r"(search_text LIKE %s ESCAPE '\' OR product_text LIKE %s ESCAPE '\')")
        values += [f"%{text}%"] * 2
    return " AND ".join(parts), values


def _quantity(stored: Any) -> Decimal:
    return Decimal(stored).scaleb(-QUANTITY_PLACES)


def _known(stored: Any) -> Decimal | None:
    return None if stored is None else _quantity(stored)


def _suggestion(row: tuple[Any, ...], offers: list[Offer]) -> Suggestion:
    variant_id, code, name, warehouse_id, warehouse_code, *figures = row
    on_hand, reserved, backordered, on_order, in_transit, drafted, *rule = figures
    minimum, maximum, rule_id, pack_size, lead_days = rule
    return Suggestion(
        variant_id=variant_id,
        variant_code=code,
        product_name=name,
        warehouse_id=warehouse_id,
        warehouse_code=warehouse_code,
        on_hand=_quantity(on_hand),
        reserved=_quantity(reserved),
        backordered=_quantity(backordered),
        on_order=_quantity(on_order),
        in_transit=_quantity(in_transit),
        drafted=_quantity(drafted),
        minimum=_known(minimum),
        maximum=_known(maximum),
        rule_id=rule_id,
        rule_pack_size=_known(pack_size),
        rule_lead_days=lead_days,
        offer=offers[0] if offers else None,
    )


def _offer(item: models.SupplierItem) -> Offer:
    return Offer(
        supplier_id=item.supplier_id,
        supplier_code=item.supplier.code,
        supplier_name=item.supplier.name,
        code=item.code,
        pack_size=item.pack_size,
        unit_cost=item.unit_cost,
        lead_days=item.lead_days,
    )
