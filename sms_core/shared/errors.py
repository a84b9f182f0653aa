"""What the core refuses with: a stable `code` for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class DomainError(Exception):
    """A refusal. `pointer` is the JSON pointer of the input it is about, "" for the whole.

    `state` is what stood in the way, where whoever was refused may want to see it.
    """

    code = "refused"

    def __init__(self, detail: str, *, code: str | None = None, pointer: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.pointer = pointer
        self.errors: tuple[DomainError, ...] = (self,)
        self.state: Any = None


class Invalid(DomainError):
    """The input is wrong whatever the state of the stock, or refers to what does not exist."""

    code = "invalid"


class Unknown(Invalid):
    """An id in a command that names nothing live (or nothing the actor may see)."""

    code = "unknown"


class NotAuthenticated(DomainError):
    """Nobody knows who is asking."""

    code = "not_authenticated"


class Forbidden(DomainError):
    """The actor lacks a permission."""

    code = "forbidden"


class NotFound(DomainError):
    """What was asked for is not there, or not there any more."""

    code = "not_found"


class Conflict(DomainError):
    """The state is in the way; the same request may succeed later."""

    code = "conflict"


class Duplicate(Conflict):
    """Another live one has this name or code."""

    code = "duplicate"


class InUse(Conflict):
    """It cannot be archived while something else needs it; the detail says what."""

    code = "in_use"


class Stale(Conflict):
    """Somebody changed it since the version that the actor saw."""

    code = "stale_version"


class RuleBroken(DomainError):
    """The input can be read but breaks a rule of the business."""

    code = "rule_broken"


_GRAVITY: Sequence[type[DomainError]] = (Invalid, Conflict, RuleBroken)


def gathered(errors: Iterable[DomainError]) -> DomainError:
    """One error that carries all of `errors`, of the kind of the gravest one."""
    found = tuple(error for group in errors for error in group.errors)
    if len(found) == 1:
        return found[0]
    gravest = min(found, key=_gravity)
    summary = DomainError.__new__(type(gravest))
    DomainError.__init__(
        summary,
        f"{gravest.detail} ({len(found)} problems in all)",
        code=gravest.code,
        pointer=gravest.pointer,
    )
    summary.errors = found
    return summary


@contextmanager
def within(pointer: str) -> Iterator[None]:
    """Let refusals from inside point to where, in the whole input, this part of it stands."""
    try:
        yield
    except DomainError as refusal:
        for error in {id(one): one for one in (refusal, *refusal.errors)}.values():
            error.pointer = pointer + error.pointer
        raise


def _gravity(error: DomainError) -> int:
    return next((n for n, kind in enumerate(_GRAVITY) if isinstance(error, kind)), -1)
