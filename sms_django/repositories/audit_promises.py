"""What must never be found in reservations, closings and the past; see `audit_checks`."""

from __future__ import annotations

from typing import Final

from sms_django.repositories.audit_checks import Check

PROMISED: Final = (
    Check(
        2,
        "There was less than nothing as of a moment:",
        "{level} held {there:q}, {promised:q} of it reserved, as of {at}.",
        """
        SELECT level_id, at, there, promised FROM (
            SELECT level_id, at,
                SUM(SUM(quantity)) OVER (PARTITION BY level_id ORDER BY at) AS there,
                SUM(SUM(reserved)) OVER (PARTITION BY level_id ORDER BY at) AS promised
            FROM (
                SELECT entry.level_id, posting.occurred_at AS at, entry.quantity, entry.reserved
                FROM sms_entry AS entry JOIN sms_posting AS posting
                    ON posting.id = entry.posting_id
            ) AS fact
            GROUP BY level_id, at
        ) AS moment
        WHERE there < 0 OR promised < 0""",
    ),
    Check(
        9,
        "What is reserved is not what is promised:",
        "{level} has {reserved:q} reserved; {promised:q} are promised to someone.",
        """
        SELECT level.id AS level_id, level.version, level.reserved,
            COALESCE(total.promised, 0) AS promised
        FROM sms_level AS level LEFT JOIN (
            SELECT variant_id, warehouse_id, SUM(open_quantity) AS promised
            FROM sms_reservation GROUP BY variant_id, warehouse_id
        ) AS total ON total.variant_id = level.variant_id
            AND total.warehouse_id = level.warehouse_id AND NOT level.in_transit
        WHERE level.reserved <> COALESCE(total.promised, 0)""",
    ),
    Check(
        9,
        "More of a reservation is open than was promised, or less than nothing:",
        "reservation {reservation_id} has {open:q} of {quantity:q} open.",
        """
        SELECT id AS reservation_id, posting_id, open_quantity AS open, quantity
        FROM sms_reservation WHERE open_quantity < 0 OR open_quantity > quantity""",
    ),
    Check(
        9,
        "A reservation was not posted, or of something else:",
        "reservation {reservation_id} of {quantity:q} names {posting}, which promised"
        " {promised:q} of it.",
        """
        SELECT reservation.id AS reservation_id, reservation.posting_id, reservation.quantity,
            COALESCE(SUM(entry.reserved), 0) AS promised
        FROM sms_reservation AS reservation
        LEFT JOIN sms_posting AS posting
            ON posting.id = reservation.posting_id AND posting.kind = 'reservation'
        LEFT JOIN sms_level AS level ON level.variant_id = reservation.variant_id
            AND level.warehouse_id = reservation.warehouse_id AND NOT level.in_transit
        LEFT JOIN sms_entry AS entry
            ON entry.posting_id = posting.id AND entry.level_id = level.id
        GROUP BY reservation.id, reservation.posting_id, reservation.quantity
        HAVING COALESCE(SUM(entry.reserved), 0) < reservation.quantity""",
    ),
    Check(
        9,
        "Goods are promised of which there is no level:",
        "reservation {reservation_id} of variant {variant_id} in warehouse {warehouse_id}.",
        """
        SELECT reservation.id AS reservation_id, reservation.posting_id, reservation.variant_id,
            reservation.warehouse_id
        FROM sms_reservation AS reservation LEFT JOIN sms_level AS level
            ON level.variant_id = reservation.variant_id
            AND level.warehouse_id = reservation.warehouse_id AND NOT level.in_transit
        WHERE reservation.open_quantity <> 0 AND level.id IS NULL""",
    ),
    Check(
        11,
        "A record of closing does not say who, or closes a day that was not over:",
        "record {closing_id} by “{username}” of {recorded_at}, until {closed_until}.",
        """
        SELECT id AS closing_id, recorded_at, username, closed_until FROM sms_closing
        WHERE username = '' OR <closed_too_early>""",
    ),
)
