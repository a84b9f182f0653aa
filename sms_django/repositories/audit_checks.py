"""What must never be found in levels, bins and their entries; `audit_postings` has the rest.

Each check is a query for the rows that are wrong.

The first two columns of each query are its order. Columns named `level_id`, `posting_id` and
`warehouse_id` are told by name; `:q` writes a stored quantity or value as a number. The queries
are the same on both engines, apart from what `DIALECT` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Check:
    """A query for what breaks a promise, and the words for a row that it finds."""

    promise: int
    what: str
    row: str
    query: str


# Which year it was anywhere on earth: the company's zone may have changed since.
DIALECT: Final[dict[str, dict[str, str]]] = {
    "postgresql": {
        "<first_year>": "to_char(recorded_at AT TIME ZONE 'UTC' - interval '12 hours', 'YYYY')",
        "<last_year>": "to_char(recorded_at AT TIME ZONE 'UTC' + interval '14 hours', 'YYYY')",
        "<closed_too_early>": "closed_until > (recorded_at + interval '14 hours')::date",
        "<answered>": 'substring(body from \'"number":"([A-Z]{3}-[0-9]{4}-[0-9]+)"\')',
    },
    "sqlite": {
        "<first_year>": "strftime('%Y', recorded_at, '-12 hours')",
        "<last_year>": "strftime('%Y', recorded_at, '+14 hours')",
        "<closed_too_early>": "closed_until > date(recorded_at, '+14 hours')",
        "<answered>": "CASE WHEN json_valid(body) THEN json_extract(body, '$.number') END",
    },
}

# A place that was found empty by a count, and always was, has a bin without entries.
_BIN_PARTS = """
    SELECT level_id, location_id, lot_id, SUM(there) AS there, SUM(entered) AS entered,
        SUM(bins) AS bins, SUM(entries) AS entries
    FROM (
        SELECT level_id, location_id, lot_id, on_hand AS there, 0 AS entered,
            CASE WHEN counted_at IS NULL THEN 1 ELSE 0 END AS bins, 0 AS entries
        FROM sms_bin
        UNION ALL
        SELECT level_id, location_id, lot_id, 0, SUM(quantity), 0, COUNT(*)
        FROM sms_entry WHERE location_id IS NOT NULL GROUP BY level_id, location_id, lot_id
    ) AS parts
    GROUP BY level_id, location_id, lot_id"""

SUMS: Final = (
    Check(
        1,
        "A level is not the sum of its entries:",
        "{level} holds {on_hand:q}, {reserved:q} of it reserved, worth {value:q}; its entries sum"
        " to {entered:q}, {promised:q} reserved, worth {worth:q}.",
        """
        SELECT level.id AS level_id, level.on_hand, level.reserved, level.value,
            COALESCE(total.entered, 0) AS entered, COALESCE(total.promised, 0) AS promised,
            COALESCE(total.worth, 0) AS worth
        FROM sms_level AS level LEFT JOIN (
            SELECT level_id, SUM(quantity) AS entered, SUM(reserved) AS promised,
                SUM(value) AS worth
            FROM sms_entry GROUP BY level_id
        ) AS total ON total.level_id = level.id
        WHERE level.on_hand <> COALESCE(total.entered, 0)
            OR level.reserved <> COALESCE(total.promised, 0)
            OR level.value <> COALESCE(total.worth, 0)""",
    ),
    Check(
        1,
        "A bin is not the sum of its entries:",
        "the bin of {level} in location {location_id}, lot {lot_id}, holds {there:q}; its entries"
        " sum to {entered:q}.",
        f"SELECT * FROM ({_BIN_PARTS}) AS bin WHERE there <> entered",  # noqa: S608 (constants)
    ),
    Check(
        1,
        "A bin was never entered:",
        "the bin of {level} in location {location_id}, lot {lot_id}, has no entry.",
        f"SELECT * FROM ({_BIN_PARTS}) AS bin WHERE bins > 0 AND entries = 0",  # noqa: S608 (constants)
    ),
    Check(
        1,
        "The bins of a level do not sum to it:",
        "{level} holds {on_hand:q}, its bins {there:q}.",
        """
        SELECT level.id AS level_id, level.on_hand, COALESCE(total.there, 0) AS there
        FROM sms_level AS level LEFT JOIN (
            SELECT level_id, SUM(on_hand) AS there FROM sms_bin GROUP BY level_id
        ) AS total ON total.level_id = level.id
        WHERE level.on_hand <> COALESCE(total.there, 0)""",
    ),
)

LIMITS: Final = (
    Check(
        2,
        "A level breaks its limits:",
        "{level} holds {on_hand:q}, {reserved:q} of it reserved, worth {value:q}.",
        """
        SELECT id AS level_id, on_hand, reserved, value FROM sms_level
        WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand OR value < 0
            OR (on_hand = 0 AND value <> 0)""",
    ),
    Check(
        2,
        "A bin holds less than nothing:",
        "bin {bin_id} of {level} holds {on_hand:q}.",
        "SELECT id AS bin_id, level_id, on_hand FROM sms_bin WHERE on_hand < 0",
    ),
    # Between the entries of one posting a balance may pass through anything.
    Check(
        2,
        "A posting left a level beyond its limits:",
        "{posting} left {level} (entry {entry_id}) with {on_hand_after:q}, {reserved_after:q} of"
        " it reserved, worth {value_after:q}.",
        """
        SELECT level_id, seq, entry_id, posting_id, on_hand_after, reserved_after, value_after
        FROM (
            SELECT id AS entry_id, level_id, seq, posting_id, on_hand_after, reserved_after,
                value_after,
                LEAD(posting_id) OVER (PARTITION BY level_id ORDER BY seq) AS next_posting
            FROM sms_entry
        ) AS entry
        WHERE (next_posting IS NULL OR next_posting <> posting_id)
            AND (on_hand_after < 0 OR reserved_after < 0 OR reserved_after > on_hand_after
                OR value_after < 0 OR (on_hand_after = 0 AND value_after <> 0))""",
    ),
    Check(
        2,
        "A posting left a bin with less than nothing:",
        "{posting} left the bin of {level} in location {location_id}, lot {lot_id}, with"
        " {bin_on_hand_after:q} (entry {entry_id}).",
        """
        SELECT level_id, seq, entry_id, posting_id, location_id, lot_id, bin_on_hand_after
        FROM (
            SELECT id AS entry_id, level_id, seq, posting_id, location_id, lot_id,
                bin_on_hand_after, LEAD(posting_id) OVER (
                    PARTITION BY level_id, location_id, lot_id ORDER BY seq) AS next_posting
            FROM sms_entry WHERE location_id IS NOT NULL
        ) AS entry
        WHERE (next_posting IS NULL OR next_posting <> posting_id) AND bin_on_hand_after < 0""",
    ),
)

ORDER: Final = (
    Check(
        5,
        "The entries of a level are not numbered from 1 without gaps:",
        "entry {entry_id} of {level} has number {seq}, but is number {place}.",
        """
        SELECT level_id, place, seq, entry_id FROM (
            SELECT id AS entry_id, level_id, seq,
                ROW_NUMBER() OVER (PARTITION BY level_id ORDER BY seq, id) AS place
            FROM sms_entry
        ) AS entry
        WHERE seq <> place""",
    ),
    Check(
        5,
        "A balance does not follow from the one before:",
        "entry {entry_id} of {level} (number {seq}) says {on_hand_after:q}, {reserved_after:q}"
        " reserved, worth {value_after:q}; before were {on_hand:q}, {reserved:q}, {value:q}.",
        """
        SELECT level_id, seq, entry_id, on_hand_after, reserved_after, value_after,
            COALESCE(before_on_hand, 0) AS on_hand, COALESCE(before_reserved, 0) AS reserved,
            COALESCE(before_value, 0) AS value
        FROM (
            SELECT id AS entry_id, level_id, seq, quantity, reserved, value, on_hand_after,
                reserved_after, value_after,
                LAG(on_hand_after) OVER by_level AS before_on_hand,
                LAG(reserved_after) OVER by_level AS before_reserved,
                LAG(value_after) OVER by_level AS before_value
            FROM sms_entry WINDOW by_level AS (PARTITION BY level_id ORDER BY seq)
        ) AS entry
        WHERE on_hand_after <> COALESCE(before_on_hand, 0) + quantity
            OR reserved_after <> COALESCE(before_reserved, 0) + reserved
            OR value_after <> COALESCE(before_value, 0) + value""",
    ),
    Check(
        5,
        "A bin's balance does not follow from the one before:",
        "entry {entry_id} of {level} says {after:q} in location {location_id}, lot {lot_id};"
        " before were {before:q}, and {quantity:q} moved.",
        """
        SELECT level_id, seq, entry_id, location_id, lot_id, quantity, after,
            COALESCE(before, 0) AS before
        FROM (
            SELECT id AS entry_id, level_id, seq, location_id, lot_id, quantity,
                bin_on_hand_after AS after, LAG(bin_on_hand_after) OVER (
                    PARTITION BY level_id, location_id, lot_id ORDER BY seq) AS before
            FROM sms_entry WHERE location_id IS NOT NULL
        ) AS entry
        WHERE after <> COALESCE(before, 0) + quantity""",
    ),
    Check(
        5,
        "A level's version is not the number of its entries:",
        "{level} is at version {version} and has {entries} entries.",
        """
        SELECT level.id AS level_id, level.version, COALESCE(total.entries, 0) AS entries
        FROM sms_level AS level LEFT JOIN (
            SELECT level_id, COUNT(*) AS entries FROM sms_entry GROUP BY level_id
        ) AS total ON total.level_id = level.id
        WHERE level.version <> COALESCE(total.entries, 0)""",
    ),
    Check(
        5,
        "A level was told something before what it had been told already:",
        "entry {entry_id} of {level} (number {seq}) was recorded at {recorded_at}, the one before"
        " at {before}.",
        """
        SELECT level_id, seq, entry_id, recorded_at, before FROM (
            SELECT entry.id AS entry_id, entry.level_id, entry.seq, posting.recorded_at,
                LAG(posting.recorded_at) OVER (
                    PARTITION BY entry.level_id ORDER BY entry.seq) AS before
            FROM sms_entry AS entry JOIN sms_posting AS posting ON posting.id = entry.posting_id
        ) AS entry
        WHERE recorded_at < before""",
    ),
    Check(
        5,
        "A level does not know when it was last changed:",
        "{level} says {last_recorded_at}, its last entry was recorded at {recorded_at}.",
        """
        SELECT level.id AS level_id, level.version, level.last_recorded_at, posting.recorded_at
        FROM sms_level AS level
        LEFT JOIN sms_entry AS entry ON entry.level_id = level.id AND entry.seq = level.version
        LEFT JOIN sms_posting AS posting ON posting.id = entry.posting_id
        WHERE level.last_recorded_at <> posting.recorded_at
            OR (level.last_recorded_at IS NULL) <> (posting.recorded_at IS NULL)""",
    ),
    Check(
        6,
        "A level does not keep the hash of its last entry:",
        "{level} keeps {kept}, its last entry has {hash}.",
        """
        SELECT level.id AS level_id, level.version, level.last_hash AS kept, entry.hash
        FROM sms_level AS level
        LEFT JOIN sms_entry AS entry ON entry.level_id = level.id AND entry.seq = level.version
        WHERE level.last_hash <> COALESCE(entry.hash, '')""",
    ),
)

BALANCES: Final = (*SUMS, *LIMITS, *ORDER)
