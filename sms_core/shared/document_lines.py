"""The lines of documents, and how those that somebody sends meet those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sms_core.shared.errors import Invalid, Unknown

L = TypeVar("L", bound="DocumentLine")
W = TypeVar("W")


@dataclass(kw_only=True)
class DocumentLine:
    """A line of a document. The repository gives the `id` when it stores the line."""

    id: int = 0
    variant_id: int


def matched(lines: Sequence[L], wanted: Sequence[W]) -> list[tuple[L | None, W]]:
    """Each wanted line with the one it is to change, by its id; None: it is a new one.

    Raises Unknown for an id of no line, and Invalid for one that comes twice.
    """
    there = {line.id: line for line in lines}
    found: list[tuple[L | None, W]] = []
    used: set[int] = set()
    for index, want in enumerate(wanted):
        id: Any = getattr(want, "id", None)
        if id is not None and id not in there:
            raise Unknown(f"There is no line {id} here.", pointer=f"/lines/{index}/id")
        if id in used:
            raise Invalid(
                f"The line {id} comes twice.", code="duplicate", pointer=f"/lines/{index}/id"
            )
        if id is not None:
            used.add(id)
        found.append((there.get(id), want))
    return found
