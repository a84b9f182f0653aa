"""What would happen if: the real use case, undone again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sms_core.shared.entities import Actor
from sms_core.shared.errors import Conflict, DomainError, RuleBroken
from sms_core.shared.ports import DryRun
from sms_core.stock.drafts import SEES_COSTS
from sms_core.stock.levels import LevelKey
from sms_core.stock.postings import LevelChange
from sms_core.stock.views import PostingView


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The levels before and after, and all that is in the way; then there is no after."""

    ok: bool
    levels: tuple[LevelChange, ...] = ()
    errors: tuple[DomainError, ...] = ()


def preview(
    dry_run: DryRun, use_case: Callable[[], PostingView | tuple[PostingView, ...]], *, by: Actor
) -> Preview:
    """Run it, undo it, and tell what it would have done or what is in its way.

    Raises Invalid, NotFound and Forbidden as the use case does: those are no news about stock.
    """
    try:
        done = dry_run.run(use_case)
    except (Conflict, RuleBroken) as refusal:
        levels = tuple(level for level in refusal.state or () if by.sees(level.key.warehouse_id))
        if not by.may(SEES_COSTS):
            levels = tuple(level.without_costs() for level in levels)
        return Preview(ok=False, levels=levels, errors=refusal.errors)
    return Preview(ok=True, levels=_merged(done if isinstance(done, tuple) else (done,)))


def _merged(views: tuple[PostingView, ...]) -> tuple[LevelChange, ...]:
    """What several postings did together: the first before and the last after of each level."""
    first: dict[LevelKey, LevelChange] = {}
    for view in views:
        for change in view.levels:
            before = first.get(change.key, change).before
            first[change.key] = LevelChange(key=change.key, before=before, after=change.after)
    return tuple(first[key] for key in sorted(first))
