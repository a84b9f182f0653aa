"""What must never be found in postings, and in where they move goods."""

from __future__ import annotations

from typing import Final

from sms_core.stock.kinds import ALLOWED, PREFIXES
from sms_django.repositories.audit_checks import Check

_ALLOWED = ", ".join(
    f"'{kind.value}/{counterpart.value}/{effect.value}'"
    for kind, by_counterpart in ALLOWED.items()
    for counterpart, effects in by_counterpart.items()
    for effect in sorted(effects, key=lambda effect: effect.value)
)
_PREFIX = " ".join(f"WHEN '{kind.value}' THEN '{prefix}-'" for kind, prefix in PREFIXES.items())
_PREFIXES = ", ".join(f"'{prefix}-'" for prefix in PREFIXES.values())
_EFFECT = """CASE WHEN entry.quantity > 0 THEN 'in' WHEN entry.quantity < 0 THEN 'out'
    WHEN entry.reserved > 0 THEN 'promise' WHEN entry.reserved < 0 THEN 'release'
    ELSE 'value' END"""
CONSERVATION: Final = (
    Check(
        4,
        "What moved within the stock does not sum to nothing:",
        "{posting} moved variant {variant_id}, lot {lot_id}: a sum of {moved:q}, worth {worth:q}.",
        """
        SELECT entry.posting_id, level.variant_id, entry.lot_id, SUM(entry.quantity) AS moved,
            SUM(entry.value) AS worth
        FROM sms_entry AS entry JOIN sms_level AS level ON level.id = entry.level_id
        WHERE entry.counterpart = 'stock'
        GROUP BY entry.posting_id, level.variant_id, entry.lot_id
        HAVING SUM(entry.quantity) <> 0 OR SUM(entry.value) <> 0""",
    ),
    Check(
        4,
        "An entry is not allowed in its kind of posting:",
        "entry {entry_id} of {posting}: {deed}, {quantity:q}.",
        f"""
        SELECT entry_id, posting_id, quantity, deed FROM (
            SELECT entry.id AS entry_id, entry.posting_id, entry.quantity,
                posting.kind || '/' || entry.counterpart || '/' || {_EFFECT} AS deed
            FROM sms_entry AS entry JOIN sms_posting AS posting ON posting.id = entry.posting_id
        ) AS entry
        WHERE deed NOT IN ({_ALLOWED})""",  # noqa: S608 (constants)
    ),
    # Undoing takes the way back. What is put back or written off leaves the way as well.
    Check(
        4,
        "Goods got on their way, or off it, otherwise than such a posting does:",
        "entry {entry_id} of {posting}, {kind}, {level}, moves {quantity:q}.",
        """
        SELECT entry.id AS entry_id, entry.posting_id, entry.level_id, posting.kind, entry.quantity
        FROM sms_entry AS entry
        JOIN sms_posting AS posting ON posting.id = entry.posting_id
        JOIN sms_level AS level ON level.id = entry.level_id
        WHERE entry.quantity <> 0 AND CASE posting.kind
            WHEN 'reversal' THEN FALSE
            WHEN 'dispatch' THEN level.in_transit <> (entry.quantity > 0)
            WHEN 'arrival' THEN level.in_transit <> (entry.quantity < 0)
            WHEN 'transfer' THEN level.in_transit AND entry.quantity > 0
            WHEN 'adjustment' THEN level.in_transit AND entry.quantity > 0
            ELSE level.in_transit END""",
    ),
    # The parts of a line that is undone from several bins may differ in sign by rounding.
    Check(
        4,
        "Value went against its goods:",
        "entry {entry_id} of {posting} moves {quantity:q} worth {value:q}.",
        """
        SELECT entry.id AS entry_id, entry.posting_id, entry.quantity, entry.value
        FROM sms_entry AS entry JOIN sms_posting AS posting ON posting.id = entry.posting_id
        WHERE posting.kind <> 'reversal'
            AND ((entry.quantity > 0 AND entry.value < 0)
                OR (entry.quantity < 0 AND entry.value > 0))""",
    ),
    Check(
        4,
        "Goods lie where their level is not:",
        "{part} {part_id} of {level} is at location {location_id}, which is not a place of it.",
        """
        SELECT part, part_id, level_id, location_id FROM (
            SELECT 'entry' AS part, id AS part_id, level_id, location_id FROM sms_entry
            UNION ALL
            SELECT 'bin', id, level_id, location_id FROM sms_bin
        ) AS parts
        JOIN sms_level AS level ON level.id = level_id
        JOIN sms_location AS location ON location.id = location_id
        WHERE location.warehouse_id <> level.warehouse_id
            OR (location.kind = 'transit') <> level.in_transit""",
    ),
    Check(
        4,
        "Goods are of a lot of something else:",
        "{part} {part_id} of {level} names lot {lot_id}, which is of variant {lot_variant_id}.",
        """
        SELECT part, part_id, level_id, lot_id, lot.variant_id AS lot_variant_id FROM (
            SELECT 'entry' AS part, id AS part_id, level_id, lot_id FROM sms_entry
            UNION ALL
            SELECT 'bin', id, level_id, lot_id FROM sms_bin
        ) AS parts
        JOIN sms_level AS level ON level.id = level_id
        JOIN sms_lot AS lot ON lot.id = lot_id
        WHERE lot.variant_id <> level.variant_id""",
    ),
    Check(
        4,
        "An entry moves goods without a place, or has a place without a bin's balance:",
        "entry {entry_id} of {posting} moves {quantity:q}.",
        """
        SELECT id AS entry_id, posting_id, quantity FROM sms_entry
        WHERE (location_id IS NULL AND (quantity <> 0 OR lot_id IS NOT NULL))
            OR (location_id IS NULL) <> (bin_on_hand_after IS NULL)""",
    ),
)

POSTINGS: Final = (
    Check(
        7,
        "A posting has no entries:",
        "{posting}.",
        """
        SELECT posting.id AS posting_id, posting.number FROM sms_posting AS posting
        LEFT JOIN sms_entry AS entry ON entry.posting_id = posting.id
        WHERE entry.id IS NULL""",
    ),
    Check(
        7,
        "A row refers to what is not there:",
        "{part} {part_id} names {whole} {whole_id}.",
        """
        SELECT 'entry' AS part, entry.id AS part_id, 'posting' AS whole,
            entry.posting_id AS whole_id
        FROM sms_entry AS entry LEFT JOIN sms_posting AS posting ON posting.id = entry.posting_id
        WHERE posting.id IS NULL
        UNION ALL
        SELECT 'entry', entry.id, 'level', entry.level_id
        FROM sms_entry AS entry LEFT JOIN sms_level AS level ON level.id = entry.level_id
        WHERE level.id IS NULL
        UNION ALL
        SELECT 'bin', bin.id, 'level', bin.level_id
        FROM sms_bin AS bin LEFT JOIN sms_level AS level ON level.id = bin.level_id
        WHERE level.id IS NULL
        UNION ALL
        SELECT 'level', level.id, 'variant', level.variant_id
        FROM sms_level AS level LEFT JOIN sms_variant AS variant ON variant.id = level.variant_id
        WHERE variant.id IS NULL
        UNION ALL
        SELECT 'posting', posting.id, 'posting', posting.reverses_id
        FROM sms_posting AS posting LEFT JOIN sms_posting AS origin
            ON origin.id = posting.reverses_id
        WHERE posting.reverses_id IS NOT NULL AND origin.id IS NULL""",
    ),
    Check(
        7,
        "A line was undone more than once:",
        "line {line} of {posting}, by {times} postings.",
        """
        SELECT posting.reverses_id AS posting_id, entry.line,
            COUNT(DISTINCT posting.id) AS times
        FROM sms_posting AS posting JOIN sms_entry AS entry ON entry.posting_id = posting.id
        WHERE posting.reverses_id IS NOT NULL
        GROUP BY posting.reverses_id, entry.line
        HAVING COUNT(DISTINCT posting.id) > 1""",
    ),
    # Differences in cost and overtaken promises stand beside what is undone.
    Check(
        7,
        "A reversal does not mirror what it undoes:",
        "{posting}, line {line}, {level}, lot {lot_id}, {counterpart}: a difference of {moved:q},"
        " worth {worth:q}.",
        """
        SELECT posting_id, line, level_id, lot_id, counterpart, SUM(quantity) AS moved,
            SUM(value) AS worth
        FROM (
            SELECT entry.posting_id, entry.line, entry.level_id, entry.lot_id, entry.counterpart,
                entry.quantity, entry.value
            FROM sms_posting AS posting JOIN sms_entry AS entry ON entry.posting_id = posting.id
            WHERE posting.reverses_id IS NOT NULL
            UNION ALL
            SELECT posting.id, entry.line, entry.level_id, entry.lot_id, entry.counterpart,
                entry.quantity, entry.value
            FROM sms_posting AS posting
            JOIN sms_entry AS entry ON entry.posting_id = posting.reverses_id
            WHERE EXISTS (SELECT 1 FROM sms_entry AS mirror
                WHERE mirror.posting_id = posting.id AND mirror.line = entry.line)
        ) AS parts
        WHERE counterpart NOT IN ('cost_difference', 'none')
        GROUP BY posting_id, line, level_id, lot_id, counterpart
        HAVING SUM(quantity) <> 0 OR SUM(value) <> 0""",
    ),
    Check(
        7,
        "A reversal is not linked to what it can undo:",
        "{posting} ({kind}) of {occurred_at} undoes posting {origin_id} ({origin_kind}) of"
        " {origin_at}.",
        """
        SELECT posting.id AS posting_id, posting.kind, posting.occurred_at,
            posting.reverses_id AS origin_id, origin.kind AS origin_kind,
            origin.occurred_at AS origin_at
        FROM sms_posting AS posting LEFT JOIN sms_posting AS origin
            ON origin.id = posting.reverses_id
        WHERE (posting.kind = 'reversal') <> (posting.reverses_id IS NOT NULL)
            OR origin.kind IN ('reversal', 'reservation', 'release')
            OR posting.occurred_at < origin.occurred_at
            OR posting.recorded_at < origin.recorded_at""",
    ),
    Check(
        7,
        "An entry names a line of no document:",
        "entry {entry_id} of {posting} names line {document_line}.",
        """
        SELECT entry.id AS entry_id, entry.posting_id, entry.document_line
        FROM sms_entry AS entry JOIN sms_posting AS posting ON posting.id = entry.posting_id
        WHERE entry.document_line IS NOT NULL AND posting.document_id IS NULL""",
    ),
    Check(
        7,
        "A reversal is of another document than what it undoes:",
        "{posting} is of {document_number}, and undoes posting {origin_id} of {origin_document}.",
        """
        SELECT posting.id AS posting_id, posting.document_number, origin.id AS origin_id,
            origin.document_number AS origin_document
        FROM sms_posting AS posting JOIN sms_posting AS origin ON origin.id = posting.reverses_id
        WHERE COALESCE(posting.document_type, '') <> COALESCE(origin.document_type, '')
            OR COALESCE(posting.document_id, 0) <> COALESCE(origin.document_id, 0)""",
    ),
    Check(
        8,
        "What a user was answered is not there:",
        "answer {answer_id} names {number}, which was never posted.",
        f"""
        SELECT answer.answer_id, answer.number FROM (
            SELECT id AS answer_id, <answered> AS number FROM sms_keptanswer
        ) AS answer LEFT JOIN sms_posting AS posting ON posting.number = answer.number
        WHERE substr(answer.number, 1, 4) IN ({_PREFIXES}) AND posting.id IS NULL""",  # noqa: S608 (constants)
    ),
    Check(
        11,
        "A posting does not say who, in which request, or when:",
        "{posting} by “{username}”, request “{request_id}”, occurred at {occurred_at}, recorded at"
        " {recorded_at}.",
        """
        SELECT id AS posting_id, number, username, request_id, occurred_at, recorded_at
        FROM sms_posting
        WHERE username IS NULL OR username = '' OR request_id IS NULL OR request_id = ''
            OR occurred_at IS NULL OR recorded_at IS NULL OR occurred_at > recorded_at""",
    ),
    Check(
        11,
        "A posting names a user who is not there:",
        "{posting} names user {user_id}.",
        """
        SELECT posting.id AS posting_id, posting.user_id FROM sms_posting AS posting
        LEFT JOIN sms_user AS account ON account.id = posting.user_id
        WHERE posting.user_id IS NOT NULL AND account.id IS NULL""",
    ),
    Check(
        11,
        "A posting has a number that its kind and year do not give:",
        "{posting} of kind {kind}, recorded at {recorded_at}.",
        f"""
        SELECT id AS posting_id, number, kind, recorded_at FROM sms_posting
        WHERE substr(number, 1, 4) <> CASE kind {_PREFIX} ELSE '' END
            OR length(number) < 15 OR substr(number, 9, 1) <> '-'
            OR trim(substr(number, 10), '0123456789') <> ''
            OR substr(number, 5, 4) NOT IN (<first_year>, <last_year>)""",  # noqa: S608 (constants)
    ),
    Check(
        11,
        "A number was given twice:",
        "{number} to {times} postings, the first of them {posting}.",
        """
        SELECT MIN(id) AS posting_id, number, COUNT(*) AS times FROM sms_posting
        GROUP BY number HAVING COUNT(*) > 1""",
    ),
    Check(
        12,
        "Something with stock is archived:",
        "the {part} of {level}, which holds {on_hand:q}.",
        """
        SELECT level.id AS level_id, level.on_hand, CASE
            WHEN variant.deleted_at IS NOT NULL THEN 'variant'
            WHEN warehouse.deleted_at IS NOT NULL THEN 'warehouse' ELSE 'product' END AS part
        FROM sms_level AS level
        JOIN sms_variant AS variant ON variant.id = level.variant_id
        JOIN sms_product AS product ON product.id = variant.product_id
        JOIN sms_warehouse AS warehouse ON warehouse.id = level.warehouse_id
        WHERE level.on_hand > 0 AND (variant.deleted_at IS NOT NULL
            OR product.deleted_at IS NOT NULL OR warehouse.deleted_at IS NOT NULL)
        UNION ALL
        SELECT bin.level_id, bin.on_hand, 'location'
        FROM sms_bin AS bin JOIN sms_location AS location ON location.id = bin.location_id
        WHERE bin.on_hand > 0 AND location.deleted_at IS NOT NULL""",
    ),
)
