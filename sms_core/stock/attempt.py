"""One posting with everything in hand: its levels are locked, nobody else changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sms_core.access.entities import system_actor
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, Forbidden
from sms_core.stock.booking import Booking
from sms_core.stock.checks import Found, Problems, check_balances, goods_errors
from sms_core.stock.choosing import Choice, Choosing
from sms_core.stock.claims import Claims
from sms_core.stock.entities import Lot
from sms_core.stock.kinds import PREFIXES, WEIGHED, Counterpart, Kind
from sms_core.stock.ledger_ports import (
    Backorders,
    LedgerHistory,
    Outlook,
    ReservationRepository,
)
from sms_core.stock.levels import ZERO, Level, LevelKey
from sms_core.stock.lines import Claim, Counted, Incoming, Line, Numbered, Release
from sms_core.stock.mirrors import with_arrivals
from sms_core.stock.moments import happened
from sms_core.stock.ports import (
    LedgerRepository,
    Stamp,
)
from sms_core.stock.postings import Balance, Draft, LevelChange, Posted, Posting
from sms_core.stock.promises import Promises, Reservation
from sms_core.stock.refusals import Refusals, fallen, short_at
from sms_core.stock.tallies import counted_since, moved_since, tallied

ADJUSTS_LARGE = "stock.adjust_large"


@dataclass(kw_only=True)
class Attempt:
    """Resolves, chooses, checks, enters and saves; refuses with all problems at once."""

    repository: LedgerRepository
    reservations: ReservationRepository
    history: LedgerHistory
    backorders: Backorders
    outlook: Outlook
    draft: Draft
    posting: Posting
    stamp: Stamp
    today: date
    lines: list[Numbered]
    found: Found
    lots: Mapping[int, Lot]
    levels: Mapping[LevelKey, Level]
    last_costs: Mapping[int, Decimal]
    promises: Promises
    problems: Problems
    by: Actor
    before: dict[LevelKey, Balance] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self._balances()

    def post(self) -> Posted | None:
        """Record it; raises one error with all that is in the way. None: it changes nothing."""
        self.problems.state = tuple(
            LevelChange(key=key, before=balance) for key, balance in self.before.items()
        )
        check_balances(self.lines, self.levels, self.problems)
        counted = tallied(self.lines, self.lots)
        self._see_that_first()
        self._resolve(moved_since(self.history, counted))
        choice = self._choose()
        self.problems.raise_all()
        self._enter(self.posting, self.lines, choice)
        self._see_that_there_at_the_time()
        self._see_that_not_counted_since()
        self.problems.raise_all()
        if self.posting.entries:
            self._weigh()
            self._save(self.posting)
        if counted:
            self.repository.mark_counted(list(counted.values()))
        if not self.posting.entries:
            return None
        after = self._balances()
        return Posted(
            posting=self.posting,
            levels=tuple(
                LevelChange(key=key, before=self.before[key], after=after[key])
                for key in sorted(after)
            ),
            reservation_ids=tuple(reservation.id for reservation in self.promises.made),
        )

    @property
    def freed(self) -> list[LevelKey]:
        """The levels of which more is available now than before."""
        return [
            key
            for key, now in sorted(self._balances().items())
            if now.available > max(self.before[key].available, ZERO)
        ]

    def _balances(self) -> dict[LevelKey, Balance]:
        return {key: Balance.of(level, self.today) for key, level in self.levels.items()}

    def _see_that_first(self) -> None:
        """An opening balance is the first of its level, if not all before it was undone."""
        if self.posting.kind is not Kind.OPENING:
            return
        begun = {key for key, level in self.levels.items() if level.version}
        undone = {key for key in begun if not self.levels[key].on_hand}
        if undone:
            begun -= undone - self.history.with_other_facts(undone)
        for index, line in self.lines:
            if line.key in begun:
                self.problems.add(
                    index,
                    Conflict(
                        "This level has entries already: an opening balance comes before all "
                        "others. Adjust it instead.",
                        code="not_first",
                        pointer=f"/lines/{index}/variant_id",
                    ),
                )

    def _resolve(self, moved: Mapping[int, Decimal]) -> None:
        """Turn what was counted into what must come or go, and what is claimed into promises."""
        granted = self._granted()
        resolved: list[Numbered] = []
        for index, line in self.lines:
            found: Line | None = line
            if isinstance(line, Counted):
                found = self._correction(index, line, moved.get(index, ZERO))
            elif isinstance(line, Claim):
                found = line.granted(granted[index]) if granted[index] else None
            if found:
                resolved.append((index, found))
        self.lines = [line for line in resolved if line[0] not in self.problems.by_line]

    def _correction(self, index: int, line: Counted, moved: Decimal) -> Line | None:
        lot = self.lots.get(index)
        there = self.levels[line.key].held(
            location_id=line.location_id, lot_id=lot.id if lot else None
        )
        correction = line.correction(there - moved)
        if isinstance(correction, Incoming):
            goods = self.found.goods[line.variant_id]
            for error in goods_errors(f"lines/{index}", correction, goods, self.posting.kind):
                self.problems.add(index, error)
        return correction

    def _granted(self) -> dict[int, Decimal]:
        """How much each claim gets, once promises whose time is over are released if needed."""
        claimed = {line.key for _, line in self.lines if isinstance(line, Claim)}
        if not claimed:
            return {}
        document = self.draft.document
        ahead = self.backorders.ahead(document, claimed) if document else {}
        claims = Claims(levels=self.levels, ahead=ahead, today=self.today)
        lapsed = self.promises.lapsed(claims.tight(self.lines), self.posting.recorded_at)
        if lapsed:
            self._release(lapsed)
        return claims.granted(self.lines)

    def _choose(self) -> Choice:
        """What the lines take; releases promises whose time is over before it refuses."""
        choosing = Choosing(
            kind=self.posting.kind,
            found=self.found,
            lots=self.lots,
            levels=with_arrivals(self.levels, self.lines, self.found, self.lots),
            promises=self.promises,
            today=self.today,
            problems=self.problems,
        )
        choice = choosing.choose(self.lines)
        tight = {level.key for _, level in choice.short} | set(choice.unkept)
        lapsed = self.promises.lapsed(tight, self.posting.recorded_at)
        if lapsed:
            self._release(lapsed)
            choosing.levels = with_arrivals(self.levels, self.lines, self.found, self.lots)
            choice = choosing.choose(self.lines)
        self._refuse(choice)
        return choice

    def _release(self, lapsed: list[Reservation]) -> None:
        """Post the release of promises whose time is over, in a posting of the system's own."""
        draft = Draft(kind=Kind.RELEASE, lines=(), note="Its time was over.")
        serial = self.repository.stamp(Kind.RELEASE).serial
        posting = header(
            draft,
            Stamp(at=self.posting.recorded_at, zone=self.stamp.zone, serial=serial),
            self.levels.values(),
            None,
            system_actor(self.by.request_id),
        )
        lines: list[Numbered] = [
            (
                index,
                Release(variant_id=r.variant_id, warehouse_id=r.warehouse_id, reservation_id=r.id),
            )
            for index, r in enumerate(lapsed)
        ]
        self._enter(posting, lines, Choice())
        self._save(posting)

    def _refuse(self, choice: Choice) -> None:
        refusals = Refusals(self.found, self.levels, self.promises, self.today, self.stamp.zone)
        wanted = {level.key.variant_id for _, level in choice.short}
        coming = self.outlook.coming(wanted, self.by.warehouse_ids) if wanted else {}
        elsewhere = {
            warehouse_id: self.repository.available_elsewhere(
                wanted,
                except_in=warehouse_id,
                visible=self.by.warehouse_ids,
                today=self.today,
            )
            for warehouse_id in {
                level.key.warehouse_id for _, level in choice.short if not level.key.in_transit
            }
        }
        for index, error in refusals.short(choice, elsewhere, coming):
            self.problems.add(index, error)
        if not self.draft.release_reserved and not choice.short:
            for index, error in refusals.unkept(choice, self.lines):
                self.problems.add(index, error)

    def _enter(self, posting: Posting, lines: list[Numbered], choice: Choice) -> None:
        booking = Booking(
            posting=posting,
            found=self.found,
            lots=self.lots,
            levels=self.levels,
            last_costs=self.last_costs,
            promises=self.promises,
            problems=self.problems,
        )
        booking.enter(lines, choice)

    def _see_that_there_at_the_time(self) -> None:
        taken = fallen(self.posting)
        if not taken or self.posting.occurred_at >= self.posting.recorded_at:
            return
        lowest = self.history.lowest_since(taken.keys(), self.posting.occurred_at)
        for index, error in short_at(self.lines, taken, lowest, self.found):
            self.problems.add(index, error)

    def _see_that_not_counted_since(self) -> None:
        if self.draft.despite_count or self.posting.occurred_at >= self.posting.recorded_at:
            return
        late = counted_since(self.history, self.posting, self.lines, self.found)
        for index, error in late:
            self.problems.add(index, error)

    def _weigh(self) -> None:
        """Raise Forbidden where correcting so much takes a right of its own."""
        limit = self.stamp.large_value
        if limit is None or self.posting.kind not in WEIGHED or self.by.may(ADJUSTS_LARGE):
            return
        differences = goods = ZERO
        for entry in self.posting.entries:
            if entry.counterpart is Counterpart.COST_DIFFERENCE:
                differences += abs(entry.value)
            else:
                goods += abs(entry.value)
        if max(differences, goods) > limit:
            raise Forbidden("You lack the permission to correct stock of so much value.")

    def _save(self, posting: Posting) -> None:
        touched = {entry.level for entry in posting.entries}
        self.repository.save(posting, [self.levels[key] for key in sorted(touched)])
        for reservation in self.promises.made:
            reservation.posting_id = posting.id
        if self.promises.made:
            self.reservations.add(self.promises.made)
        if self.promises.changed:
            self.reservations.save(list(self.promises.changed.values()))
            self.promises.changed.clear()


def header(
    draft: Draft, stamp: Stamp, levels: Iterable[Level], closed_until: date | None, by: Actor
) -> Posting:
    """The posting without its entries. Its clock never runs behind that of a level it touches."""
    last = (level.last_recorded_at for level in levels if level.last_recorded_at)
    recorded_at = max([stamp.at, *last])
    year = recorded_at.astimezone(stamp.zone).year
    origin = draft.reverses
    return Posting(
        kind=draft.kind,
        number=f"{PREFIXES[draft.kind]}-{year}-{stamp.serial:06d}",
        occurred_at=happened(
            draft.occurred_at,
            recorded_at=recorded_at,
            zone=stamp.zone,
            closed_until=closed_until,
            not_before=draft.not_before,
            by=by,
        ),
        recorded_at=recorded_at,
        user_id=by.user_id,
        username=by.username,
        request_id=by.request_id,
        reference=draft.reference,
        note=draft.note,
        reason_code_id=draft.reason.id if draft.reason else None,
        supplier_id=draft.supplier_id,
        customer_id=draft.customer_id,
        document=draft.document,
        reverses=origin.number if origin else None,
        reverses_id=origin.id if origin else None,
    )
