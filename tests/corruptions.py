"""Ways to spoil a ledger behind the application's back, each with what must be found then.

A corruption changes random rows with plain SQL and returns the promises that are broken, each
with words that name the spoilt row.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

Expected = list[tuple[int, str]]
Corruption = Callable[[random.Random], Expected]
CORRUPTIONS: dict[str, Corruption] = {}


def corruption(function: Corruption) -> Corruption:
    """Register one."""
    CORRUPTIONS[function.__name__] = function
    return function


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def rows(query: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def some(chance: random.Random, query: str, *values: Any) -> Any:
    """One of the rows, by chance."""
    return chance.choice(rows(query, *values))


def amount(chance: random.Random) -> int:
    return chance.randint(1, 50) * 10_000


def level(id: int) -> str:
    return f"level {id} ("


def entry(id: int) -> str:
    return f"entry {id} of"


def posting(id: int) -> str:
    return f"posting {id} ("


@corruption
def a_level_holds_more(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level ORDER BY id")
    run("UPDATE sms_level SET on_hand = on_hand + %s WHERE id = %s", amount(chance), id)
    return [(1, level(id))]


@corruption
def a_level_is_reserved_for_nobody(chance: random.Random) -> Expected:
    id, on_hand = some(chance, "SELECT id, on_hand FROM sms_level WHERE on_hand > 0 ORDER BY id")
    run("UPDATE sms_level SET reserved = %s WHERE id = %s", chance.randint(1, on_hand), id)
    return [(1, level(id))]


@corruption
def a_level_is_worth_more(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level WHERE on_hand > 0 ORDER BY id")
    run("UPDATE sms_level SET value = value + %s WHERE id = %s", amount(chance), id)
    return [(1, level(id))]


@corruption
def goods_lie_in_another_bin(chance: random.Random) -> Expected:
    source, target, id, most = some(
        chance,
        "SELECT a.id, b.id, a.level_id, a.on_hand FROM sms_bin AS a JOIN sms_bin AS b"
        " ON b.level_id = a.level_id AND b.id <> a.id WHERE a.on_hand > 0 ORDER BY a.id, b.id",
    )
    moved = chance.randint(1, most)
    run("UPDATE sms_bin SET on_hand = on_hand - %s WHERE id = %s", moved, source)
    run("UPDATE sms_bin SET on_hand = on_hand + %s WHERE id = %s", moved, target)
    return [(1, f"the bin of level {id} (")]


@corruption
def a_bin_is_gone(chance: random.Random) -> Expected:
    id, level_id = some(chance, "SELECT id, level_id FROM sms_bin WHERE on_hand > 0 ORDER BY id")
    run("DELETE FROM sms_bin WHERE id = %s", id)
    return [(1, f"the bin of level {level_id} ("), (1, f"{level(level_id)}")]


@corruption
def a_bin_is_made_up(chance: random.Random) -> Expected:
    level_id, location_id = some(
        chance,
        "SELECT level.id, location.id FROM sms_level AS level JOIN sms_location AS location"
        " ON location.warehouse_id = level.warehouse_id WHERE location.kind = 'quarantine'"
        " ORDER BY level.id",
    )
    run(
        "INSERT INTO sms_bin (level_id, location_id, on_hand) VALUES (%s, %s, 0)",
        *(level_id, location_id),
    )
    return [(1, f"the bin of level {level_id} (")]


@corruption
def a_bin_holds_less_than_nothing(chance: random.Random) -> Expected:
    id, _on_hand = some(chance, "SELECT id, on_hand FROM sms_bin ORDER BY id")
    run("UPDATE sms_bin SET on_hand = %s WHERE id = %s", -amount(chance), id)
    return [(2, f"bin {id} of")]


@corruption
def more_is_reserved_than_there_is(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level ORDER BY id")
    run("UPDATE sms_level SET reserved = on_hand + %s WHERE id = %s", amount(chance), id)
    return [(2, level(id)), (1, level(id))]


@corruption
def a_level_was_left_below_nothing(chance: random.Random) -> Expected:
    id, posting_id = some(chance, "SELECT id, posting_id FROM sms_entry ORDER BY id")
    # The last of its posting in the level: between two entries of a posting anything may be.
    id, _level_id = rows(
        "SELECT id, level_id FROM sms_entry WHERE posting_id = %s ORDER BY id DESC", posting_id
    )[0]
    run("UPDATE sms_entry SET on_hand_after = %s WHERE id = %s", -amount(chance), id)
    return [(2, f"(entry {id})"), (5, entry(id)), (6, entry(id))]


@corruption
def a_bin_was_left_below_nothing(chance: random.Random) -> Expected:
    (posting_id,) = some(chance, "SELECT posting_id FROM sms_entry ORDER BY id")
    id, _level_id = rows(
        "SELECT id, level_id FROM sms_entry WHERE posting_id = %s ORDER BY id DESC", posting_id
    )[0]
    run("UPDATE sms_entry SET bin_on_hand_after = %s WHERE id = %s", -amount(chance), id)
    return [(2, f"(entry {id})"), (5, entry(id)), (6, entry(id))]


@corruption
def an_entry_moves_more(chance: random.Random) -> Expected:
    id, level_id = some(chance, "SELECT id, level_id FROM sms_entry ORDER BY id")
    run("UPDATE sms_entry SET quantity = quantity + %s WHERE id = %s", amount(chance), id)
    return [(1, level(level_id)), (5, entry(id)), (6, entry(id))]


@corruption
def an_entry_is_worth_more(chance: random.Random) -> Expected:
    id, level_id = some(chance, "SELECT id, level_id FROM sms_entry ORDER BY id")
    run("UPDATE sms_entry SET value = value + %s WHERE id = %s", amount(chance), id)
    return [(1, level(level_id)), (5, entry(id)), (6, entry(id))]


@corruption
def a_careful_thief_changes_all_balances_too(chance: random.Random) -> Expected:
    id, level_id, seq, location_id, lot_id = some(
        chance,
        "SELECT id, level_id, seq, location_id, lot_id FROM sms_entry"
        " WHERE counterpart = 'supplier' AND quantity > 0 AND NOT EXISTS (SELECT 1"
        "   FROM sms_posting AS p WHERE p.reverses_id = sms_entry.posting_id) ORDER BY id",
    )
    more = amount(chance)
    run("UPDATE sms_entry SET quantity = quantity + %s WHERE id = %s", more, id)
    run(
        "UPDATE sms_entry SET on_hand_after = on_hand_after + %s WHERE level_id = %s AND seq >= %s",
        *(more, level_id, seq),
    )
    in_bin = "level_id = %s AND location_id = %s AND COALESCE(lot_id, 0) = %s"
    bin = (level_id, location_id, lot_id or 0)
    run(
        f"UPDATE sms_entry SET bin_on_hand_after = bin_on_hand_after + %s WHERE {in_bin}"
        " AND seq >= %s",
        *(more, *bin, seq),
    )
    run(f"UPDATE sms_bin SET on_hand = on_hand + %s WHERE {in_bin}", more, *bin)
    run("UPDATE sms_level SET on_hand = on_hand + %s WHERE id = %s", more, level_id)
    return [(6, entry(id))]


@corruption
def a_posting_says_something_else(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT posting_id FROM sms_entry GROUP BY posting_id ORDER BY posting_id")
    column, value = chance.choice(
        [("username", "someone"), ("reference", "x"), ("note", "é"), ("request_id", "other")]
    )
    run(f"UPDATE sms_posting SET {column} = %s WHERE id = %s", value, id)
    number = rows("SELECT number FROM sms_posting WHERE id = %s", id)[0][0]
    return [(6, f"posting {number}.")]


@corruption
def a_hash_is_made_up(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_entry ORDER BY id")
    made_up = "é" + f"{chance.getrandbits(240):060x}"
    run("UPDATE sms_entry SET hash = %s WHERE id = %s", made_up, id)
    return [(6, "of level")]


@corruption
def an_entry_is_gone(chance: random.Random) -> Expected:
    id, level_id = some(
        chance,
        "SELECT entry.id, level_id FROM sms_entry AS entry JOIN sms_level AS level"
        " ON level.id = level_id WHERE seq < version ORDER BY entry.id",
    )
    run("DELETE FROM sms_entry WHERE id = %s", id)
    return [(5, level(level_id)), (6, level(level_id))]


@corruption
def the_last_entry_is_gone(chance: random.Random) -> Expected:
    id, level_id = some(
        chance,
        "SELECT entry.id, level_id FROM sms_entry AS entry JOIN sms_level AS level"
        " ON level.id = level_id WHERE seq = version ORDER BY entry.id",
    )
    run("DELETE FROM sms_entry WHERE id = %s", id)
    return [(1, level(level_id)), (5, level(level_id)), (6, level(level_id))]


@corruption
def goods_appear_on_the_way(chance: random.Random) -> Expected:
    id, posting_id = some(
        chance, "SELECT id, posting_id FROM sms_entry WHERE counterpart = 'stock' ORDER BY id"
    )
    column = chance.choice(["quantity", "value"])
    run(f"UPDATE sms_entry SET {column} = {column} + %s WHERE id = %s", amount(chance), id)
    return [(4, posting(posting_id)), (6, entry(id))]


@corruption
def a_lot_becomes_another_on_the_way(chance: random.Random) -> Expected:
    id, posting_id, lot_id = some(
        chance,
        "SELECT entry.id, posting_id, other.id FROM sms_entry AS entry"
        " JOIN sms_lot AS lot ON lot.id = lot_id JOIN sms_lot AS other"
        " ON other.variant_id = lot.variant_id AND other.id <> lot.id"
        " WHERE counterpart = 'stock' ORDER BY entry.id, other.id",
    )
    run("UPDATE sms_entry SET lot_id = %s WHERE id = %s", lot_id, id)
    return [(4, posting(posting_id)), (6, entry(id))]


@corruption
def goods_come_from_elsewhere(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_entry WHERE counterpart = 'supplier' ORDER BY id")
    other = chance.choice(["opening", "internal", "scrap", "none"])
    run("UPDATE sms_entry SET counterpart = %s WHERE id = %s", other, id)
    return [(4, entry(id)), (6, entry(id))]


@corruption
def goods_went_on_their_way_without_it(chance: random.Random) -> Expected:
    id, kind = some(
        chance, "SELECT id, kind FROM sms_posting WHERE kind IN ('transfer', 'receipt') ORDER BY id"
    )
    other = {"transfer": "dispatch", "receipt": "arrival"}[kind]
    run("UPDATE sms_posting SET kind = %s WHERE id = %s", other, id)
    return [(4, posting(id))]


@corruption
def an_entry_names_a_line_of_nothing(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_entry ORDER BY id")
    run("UPDATE sms_entry SET document_line = 7 WHERE id = %s", id)
    return [(7, entry(id))]


@corruption
def a_reversal_is_of_another_document(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting WHERE reverses_id IS NOT NULL ORDER BY id")
    run(
        "UPDATE sms_posting SET document_type = 'sales_order', document_id = 7,"
        " document_number = 'SO-2026-000007' WHERE id = %s",
        id,
    )
    return [(7, posting(id))]


@corruption
def value_goes_against_its_goods(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_entry WHERE value < 0 AND quantity < 0 ORDER BY id")
    run("UPDATE sms_entry SET quantity = -quantity WHERE id = %s", id)
    return [(5, entry(id)), (6, entry(id))]


@corruption
def goods_lie_in_another_warehouse(chance: random.Random) -> Expected:
    table = chance.choice(["entry", "bin"])
    id, location_id = some(
        chance,
        f"SELECT part.id, location.id FROM sms_{table} AS part JOIN sms_level AS level"
        " ON level.id = level_id JOIN sms_location AS location"
        " ON location.warehouse_id <> level.warehouse_id ORDER BY part.id, location.id",
    )
    run(f"UPDATE sms_{table} SET location_id = %s WHERE id = %s", location_id, id)
    return [(4, f"{table} {id} of")]


@corruption
def goods_are_of_a_foreign_lot(chance: random.Random) -> Expected:
    table = chance.choice(["entry", "bin"])
    id, lot_id = some(
        chance,
        f"SELECT part.id, lot.id FROM sms_{table} AS part JOIN sms_level AS level"
        " ON level.id = level_id JOIN sms_lot AS lot ON lot.variant_id <> level.variant_id"
        " ORDER BY part.id, lot.id",
    )
    run(f"UPDATE sms_{table} SET lot_id = %s WHERE id = %s", lot_id, id)
    return [(4, f"{table} {id} of")]


@corruption
def goods_lie_nowhere(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_entry WHERE lot_id IS NULL ORDER BY id")
    run("UPDATE sms_entry SET location_id = NULL, bin_on_hand_after = NULL WHERE id = %s", id)
    return [(4, entry(id)), (6, entry(id))]


@corruption
def a_number_of_a_level_is_left_out(chance: random.Random) -> Expected:
    id, level_id, _seq = some(chance, "SELECT id, level_id, seq FROM sms_entry ORDER BY id")
    last = rows("SELECT MAX(seq) FROM sms_entry WHERE level_id = %s", level_id)[0][0]
    run("UPDATE sms_entry SET seq = %s WHERE id = %s", last + chance.randint(1, 9), id)
    return [(5, level(level_id)), (6, level(level_id))]


@corruption
def a_level_miscounts(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level ORDER BY id")
    run("UPDATE sms_level SET version = version + %s WHERE id = %s", chance.randint(1, 5), id)
    return [(5, level(id))]


@corruption
def a_level_keeps_another_hash(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level ORDER BY id")
    run("UPDATE sms_level SET last_hash = %s WHERE id = %s", f"{chance.getrandbits(256):064x}", id)
    return [(6, level(id))]


@corruption
def a_level_forgets_its_time(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_level WHERE version > 0 ORDER BY id")
    run("UPDATE sms_level SET last_recorded_at = NULL WHERE id = %s", id)
    return [(5, level(id))]


@corruption
def a_posting_was_recorded_before_what_it_follows(chance: random.Random) -> Expected:
    (id,) = some(
        chance,
        "SELECT DISTINCT posting_id FROM sms_entry WHERE seq > 1 ORDER BY posting_id",
    )
    from sms_django import models

    early = models.Posting.objects.order_by("recorded_at")[0].recorded_at - timedelta(days=3)
    table = models.Posting._meta.db_table
    shown = connection.ops.adapt_datetimefield_value(early)
    run(f"UPDATE {table} SET recorded_at = %s, occurred_at = %s WHERE id = %s", shown, shown, id)
    number = rows("SELECT number FROM sms_posting WHERE id = %s", id)[0][0]
    return [(5, "of level"), (6, f"posting {number}.")]


@corruption
def a_posting_is_empty(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting WHERE reverses_id IS NULL ORDER BY id")
    run("DELETE FROM sms_entry WHERE posting_id = %s", id)
    return [(7, posting(id))]


@corruption
def a_posting_is_gone(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting ORDER BY id")
    run("DELETE FROM sms_posting WHERE id = %s", id)
    return [(7, f"names posting {id}."), (6, "posting None.")]


@corruption
def a_line_is_undone_twice(chance: random.Random) -> Expected:
    id, origin_id = some(
        chance, "SELECT id, reverses_id FROM sms_posting WHERE kind = 'reversal' ORDER BY id"
    )
    (other,) = some(
        chance,
        "SELECT posting_id FROM sms_entry WHERE posting_id <> %s AND line IN"
        " (SELECT line FROM sms_entry WHERE posting_id = %s) AND posting_id > %s"
        " ORDER BY posting_id",
        *(id, id, origin_id),
    )
    run("UPDATE sms_posting SET reverses_id = %s WHERE id = %s", origin_id, other)
    return [(7, posting(origin_id)), (7, posting(other))]


@corruption
def a_reversal_undoes_something_else(chance: random.Random) -> Expected:
    id, posting_id = some(
        chance,
        "SELECT entry.id, posting.id FROM sms_entry AS entry JOIN sms_posting AS posting"
        " ON posting.id = posting_id WHERE posting.kind = 'reversal' ORDER BY entry.id",
    )
    run("UPDATE sms_entry SET quantity = quantity - %s WHERE id = %s", amount(chance), id)
    return [(7, posting(posting_id)), (5, entry(id))]


@corruption
def a_reversal_is_not_linked(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting WHERE kind = 'reversal' ORDER BY id")
    run("UPDATE sms_posting SET reverses_id = NULL WHERE id = %s", id)
    return [(7, posting(id))]


@corruption
def an_answer_names_nothing(chance: random.Random) -> Expected:
    from sms_django import models

    user = models.User.objects.create(username="ada", username_key="ada")
    kept = models.KeptAnswer.objects.create(
        user=user,
        key="k",
        fingerprint="f",
        status=201,
        body=f'{{"id":1,"number":"REC-2026-9{chance.randint(10**6, 10**7)}"}}',
    )
    return [(8, f"answer {kept.pk} names REC-2026-9")]


@corruption
def nobody_did_it(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting ORDER BY id")
    column = chance.choice(["username", "request_id"])
    run(f"UPDATE sms_posting SET {column} = '' WHERE id = %s", id)
    return [(11, posting(id))]


@corruption
def an_unknown_user_did_it(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting ORDER BY id")
    run("UPDATE sms_posting SET user_id = %s WHERE id = %s", chance.randint(10**6, 10**7), id)
    return [(11, posting(id))]


@corruption
def it_occurred_after_it_was_recorded(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting ORDER BY id")
    late = timezone.now() + timedelta(days=chance.randint(400, 500))
    shown = connection.ops.adapt_datetimefield_value(late)
    run("UPDATE sms_posting SET occurred_at = %s WHERE id = %s", shown, id)
    return [(11, posting(id))]


@corruption
def a_number_is_made_up(chance: random.Random) -> Expected:
    (id,) = some(chance, "SELECT id FROM sms_posting WHERE kind <> 'count' ORDER BY id")
    number = chance.choice(["CNT-2026-{}", "X{}", "REC-1999-{}", "ISS-2026-00{}a", "REC2026-{}"])
    made_up = number.format(chance.randint(100_000, 999_999))
    run("UPDATE sms_posting SET number = %s WHERE id = %s", made_up, id)
    return [(11, f"posting {id} ({made_up})")]


@corruption
def what_has_stock_is_archived(chance: random.Random) -> Expected:
    _level_id, variant_id, warehouse_id, location_id = some(
        chance,
        "SELECT level.id, level.variant_id, level.warehouse_id, bin.location_id"
        " FROM sms_level AS level JOIN sms_bin AS bin ON bin.level_id = level.id"
        " WHERE bin.on_hand > 0 ORDER BY level.id, bin.id",
    )
    table, id = chance.choice(
        [("variant", variant_id), ("warehouse", warehouse_id), ("location", location_id)]
    )
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    run(f"UPDATE sms_{table} SET deleted_at = %s WHERE id = %s", now, id)
    return [(12, f"the {table} of level")]


@corruption
def goods_left_before_they_came(chance: random.Random) -> Expected:
    posting_id, _level_id = some(
        chance,
        "SELECT posting_id, level_id FROM sms_entry"
        " WHERE counterpart IN ('internal', 'customer', 'scrap') AND quantity < 0 ORDER BY id",
    )
    early = timezone.now() - timedelta(days=chance.randint(9_000, 9_999))
    shown = connection.ops.adapt_datetimefield_value(early)
    run("UPDATE sms_posting SET occurred_at = %s WHERE id = %s", shown, posting_id)
    number = rows("SELECT number FROM sms_posting WHERE id = %s", posting_id)[0][0]
    return [(2, " held -"), (6, f"posting {number}.")]


@corruption
def more_is_promised_than_is_reserved(chance: random.Random) -> Expected:
    reservation_id, level_id = promise(chance)
    run("UPDATE sms_reservation SET open_quantity = 0 WHERE id = %s", reservation_id)
    return [(9, level(level_id))]


@corruption
def a_promise_is_made_up(chance: random.Random) -> Expected:
    reservation_id, level_id = promise(chance)
    (posting_id,) = some(chance, "SELECT id FROM sms_posting WHERE kind = 'receipt' ORDER BY id")
    more = amount(chance)
    run(
        "UPDATE sms_reservation SET posting_id = %s, quantity = quantity + %s,"
        " open_quantity = open_quantity + %s WHERE id = %s",
        *(posting_id, more, more, reservation_id),
    )
    return [(9, f"reservation {reservation_id} of"), (9, level(level_id))]


@corruption
def more_is_open_than_was_promised(chance: random.Random) -> Expected:
    reservation_id, level_id = promise(chance)
    run(
        "UPDATE sms_reservation SET open_quantity = quantity + %s WHERE id = %s",
        *(amount(chance), reservation_id),
    )
    return [(9, f"reservation {reservation_id} has"), (9, level(level_id))]


@corruption
def days_are_closed_by_nobody(chance: random.Random) -> Expected:
    from sms_django import models

    closing = models.Closing.objects.create(
        closed_until=timezone.now().date() - timedelta(days=chance.randint(2, 99)),
        username="",
        recorded_at=timezone.now(),
    )
    return [(11, f"record {closing.pk} by")]


def promise(chance: random.Random) -> tuple[int, int]:
    """Goods promised as the use case does it: the reservation and its level."""
    from config.container import container
    from sms_core.access.entities import system_actor
    from sms_core.stock.commands import ReserveStock
    from sms_core.stock.reservations import ReservationService

    level_id, variant_id, warehouse_id = some(
        chance,
        "SELECT level.id, level.variant_id, level.warehouse_id FROM sms_level AS level"
        " JOIN sms_bin AS bin ON bin.level_id = level.id"
        " JOIN sms_location AS place ON place.id = bin.location_id"
        " WHERE place.kind = 'storage' AND bin.lot_id IS NULL AND bin.on_hand >= 20000"
        " AND level.reserved = 0 ORDER BY level.id, bin.id",
    )
    order = ReserveStock(variant_id=variant_id, warehouse_id=warehouse_id, quantity=Decimal(1))
    view = container().get(ReservationService).reserve(order, by=system_actor())
    return view.reservation_ids[0], level_id
