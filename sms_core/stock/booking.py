"""How the lines of a draft become entries: from where, at what value, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sms_core.shared.errors import DomainError
from sms_core.stock import costs, mirrors
from sms_core.stock.checks import Found, Problems
from sms_core.stock.choosing import Choice
from sms_core.stock.entities import Lot
from sms_core.stock.kinds import CostSource, Counterpart, Disposition, Kind
from sms_core.stock.levels import ZERO, Bin, Level, LevelKey
from sms_core.stock.lines import (
    CostCorrection,
    Incoming,
    Line,
    Mirror,
    Moving,
    NewCost,
    Numbered,
    Outgoing,
    Promise,
    Release,
)
from sms_core.stock.picking import Pick
from sms_core.stock.postings import Posting
from sms_core.stock.promises import Promises, Reservation
from sms_core.stock.recording import Recorder


@dataclass(kw_only=True)
class Booking:
    """One posting being entered into the levels it touches, all of them locked.

    What breaks a limit goes to `problems`, which means that nothing of it may be saved.
    """

    posting: Posting
    found: Found
    lots: Mapping[int, Lot]
    levels: Mapping[LevelKey, Level]
    last_costs: Mapping[int, Decimal]
    promises: Promises
    problems: Problems
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.posting)

    def enter(self, lines: Sequence[Numbered], choice: Choice) -> None:
        """Enter what facts release, then the lines one by one."""
        self._release_for(lines, choice)
        self._enter_differences(lines)
        for index, line in lines:
            with self._noting(index, line):
                self._enter(index, line, choice.picks.get(index, []))
        for index, line in lines:
            with self._noting(index, line):
                for key in line.keys:
                    self.levels[key].see_that_sound()

    def _enter(self, index: int, line: Line, picks: Sequence[Pick]) -> None:
        match line:
            case Incoming():
                self._bring(index, line)
            case Outgoing():
                self._take(index, line, picks)
            case Moving():
                self._move(index, line, picks)
            case Promise():
                self._promise(index, line)
            case Release():
                self._release(index, line)
            case NewCost():
                self._revalue(index, line, costs.revalued(line, self.levels[line.key]))
            case CostCorrection():
                self._revalue(index, line, costs.corrected(line, self.levels[line.key]))
            case Mirror():
                self._mirror(index, line, picks)
            case _:
                raise TypeError(f"{type(line).__name__} must be resolved before")

    def _bring(self, index: int, line: Incoming) -> None:
        level = self.levels[line.key]
        place = self.found.locations[line.place_in(self.found.warehouses[line.warehouse_id])]
        goods = self.found.goods[line.variant_id]
        cost, source = costs.cost_of(line, level, goods, self.last_costs)
        value = costs.worth(line.quantity, cost) if line.value is None else line.value
        bin = level.bin_at(place, self.lots.get(index))
        self.recorder.enter(
            level,
            line=index + 1,
            counterpart=line.counterpart,
            bin=bin,
            quantity=line.quantity,
            value=value,
            cost=cost,
            source=source,
            document_line=line.document_line,
        )
        # A gift says nothing about what the goods will cost next time.
        if source is CostSource.GIVEN and cost and self.posting.kind is Kind.RECEIPT:
            level.last_cost, level.last_cost_at = cost, self.posting.recorded_at
        if line.disposition is Disposition.SCRAP:
            scrapped = replace(line, counterpart=Counterpart.SCRAP)
            self._out(index, scrapped, Pick(bin, line.quantity))

    def _take(self, index: int, line: Outgoing, picks: Iterable[Pick]) -> None:
        for pick in picks:
            reserved = pick.quantity if line.reservation_id is not None else ZERO
            self._out(index, line, pick, reserved=reserved)
        if line.reservation_id is not None:
            reservation = self.promises.get(line.reservation_id, line.key)
            self.promises.use(reservation, line.quantity, self.posting.occurred_at)

    def _out(
        self, index: int, line: Incoming | Outgoing, pick: Pick, *, reserved: Decimal = ZERO
    ) -> None:
        level = self.levels[line.key]
        self.recorder.enter(
            level,
            line=index + 1,
            counterpart=line.counterpart,
            bin=level.bin_at(pick.bin.location, pick.bin.lot),
            quantity=-pick.quantity,
            reserved=-reserved,
            value=-level.leaving(pick.quantity),
            document_line=line.document_line,
        )

    def _move(self, index: int, line: Moving, picks: Iterable[Pick]) -> None:
        source, target = self.levels[line.key], self.levels[line.target]
        place = self.found.locations[line.place_in(self.found.warehouses[line.to_warehouse_id])]
        for pick in picks:
            value = ZERO if line.stays else source.leaving(pick.quantity)
            cost = source.average_cost or ZERO
            for level, bin, sign in (
                (source, source.bin_at(pick.bin.location, pick.bin.lot), -1),
                (target, target.bin_at(place, pick.bin.lot), 1),
            ):
                self.recorder.enter(
                    level,
                    line=index + 1,
                    counterpart=Counterpart.STOCK,
                    bin=bin,
                    quantity=sign * pick.quantity,
                    value=sign * value,
                    cost=cost,
                    document_line=line.document_line,
                )

    def _promise(self, index: int, line: Promise) -> None:
        self.recorder.enter(
            self.levels[line.key],
            line=index + 1,
            counterpart=Counterpart.NONE,
            reserved=line.quantity,
            document_line=line.document_line,
        )
        self.promises.made.append(
            Reservation(
                variant_id=line.variant_id,
                warehouse_id=line.warehouse_id,
                quantity=line.quantity,
                open_quantity=line.quantity,
                purpose=line.purpose,
                expires_at=line.expires_at,
                occurred_at=self.posting.occurred_at,
                recorded_at=self.posting.recorded_at,
                user_id=self.posting.user_id,
                username=self.posting.username,
                document=self.posting.document,
                document_line=line.document_line,
            )
        )

    def _release(self, index: int, line: Release) -> None:
        reservation = self.promises.get(line.reservation_id, line.key)
        self._take_back(index, line, reservation, line.quantity or reservation.open_quantity)

    def _take_back(
        self, index: int, line: Line, reservation: Reservation, quantity: Decimal
    ) -> None:
        self.promises.use(reservation, quantity, self.posting.occurred_at)
        self.recorder.enter(
            self.levels[reservation.key],
            line=_number(index, line),
            counterpart=Counterpart.NONE,
            reserved=-quantity,
            document_line=line.document_line,
        )

    def _release_for(self, lines: Sequence[Numbered], choice: Choice) -> None:
        """Release what the facts leave nothing for, the newest promises first."""
        for index, line in lines:
            with self._noting(index, line):
                missing = choice.unkept.pop(line.key, ZERO)
                for reservation, part in list(self.promises.to_release(line.key, missing)):
                    self._take_back(index, line, reservation, part)

    def _revalue(
        self, index: int, line: Line, changes: Sequence[tuple[Counterpart, Decimal]]
    ) -> None:
        for counterpart, value in changes:
            self.recorder.enter(
                self.levels[line.key],
                line=index + 1,
                counterpart=counterpart,
                value=value,
                document_line=line.document_line,
            )

    def _enter_differences(self, lines: Sequence[Numbered]) -> None:
        by_level: dict[LevelKey, list[Mirror]] = {}
        for _, line in lines:
            if isinstance(line, Mirror):
                by_level.setdefault(line.key, []).append(line)
        for key, mirrored in by_level.items():
            level = self.levels[key]
            if value := mirrors.difference(level, mirrored):
                self.recorder.enter(
                    level,
                    line=mirrored[0].number,
                    counterpart=Counterpart.COST_DIFFERENCE,
                    value=value,
                    document_line=mirrored[0].document_line,
                )

    def _mirror(self, index: int, line: Mirror, picks: Sequence[Pick]) -> None:
        level = self.levels[line.key]
        moves: list[tuple[Bin | None, Decimal, Decimal]] = [(None, ZERO, line.value)]
        if line.quantity > 0:
            place = mirrors.place_of(line, self.found)
            moves = [(level.bin_at(place, self.lots.get(index)), line.quantity, line.value)]
        elif line.quantity < 0:
            moves = [
                (level.bin_at(pick.bin.location, pick.bin.lot), -pick.quantity, value)
                for pick, value in zip(picks, mirrors.values_of(line, picks), strict=True)
            ]
        for bin, quantity, value in moves:
            self.recorder.enter(
                level,
                line=line.number,
                counterpart=line.counterpart,
                bin=bin,
                quantity=quantity,
                value=value,
                cost=line.unit_cost,
                document_line=line.document_line,
            )

    def _noting(self, index: int, line: Line) -> _Noting:
        return _Noting(self.problems, index, line)


@dataclass
class _Noting:
    """Turns refusals of one line into problems, so that the next ones are looked at as well."""

    problems: Problems
    index: int
    line: Line

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, DomainError):
            return False
        if not error.pointer:
            error.pointer = f"/lines/{self.index}/quantity"
        if self.index not in self.problems.by_line:
            self.problems.add(self.index, error)
        return True


def _number(index: int, line: Line) -> int:
    return line.number if isinstance(line, Mirror) else index + 1
