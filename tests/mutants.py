"""The ledger with one promise broken at a time, and the tests that must notice.

python -m tests.mutants            all of them
python -m tests.mutants "lock"     those with this in their name
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import databases

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("bench", "config", "sms_core", "sms_django", "tests", "manage.py", "pytest.ini")
REPOSITORY = "sms_django/repositories/ledger.py"
CORE = "tests/core/stock"
ADAPTERS = "tests/adapters"
LOCKS = f"{ADAPTERS}/repositories/test_ledger_locks.py"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A name, what is changed in which file, the test that notices, and on which engine."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    killer: str
    engine: str = "sqlite"

    def apply(self, tree: Path) -> None:
        """Break the copy; raises when the code is not what it was when this was written."""
        path = tree / self.file
        text = path.read_text()
        for before, after in self.changes:
            if text.count(before) != 1:
                raise ValueError(f"{self.name}: {self.file} has not exactly one {before!r}.")
            text = text.replace(before, after)
        path.write_text(text)


MUTANTS = (
    Mutant(
        name="drop the ORDER BY of the lock",
        file=REPOSITORY,
        changes=(
            (" ORDER BY level.variant_id, level.warehouse_id, level.in_transit {lock}", " {lock}"),
        ),
        killer=f"{LOCKS}::test_levels_are_locked_in_the_order_of_their_keys_however_they_lie",
        engine="postgresql",
    ),
    Mutant(
        name="leave the lock unevaluated",
        file=REPOSITORY,
        changes=(
            (
                "for row in locked}",
                "for row in models.Level.objects.all() if to_level(row).key in keys}",
            ),
        ),
        killer=f"{LOCKS}::test_what_is_read_of_a_level_is_what_its_last_holder_left",
        engine="postgresql",
    ),
    Mutant(
        name="read recorded_at before the lock",
        file="sms_core/stock/ledger.py",
        changes=(
            ("        stamp = self.repository.stamp(draft.kind)\n", ""),
            (
                "        levels = self.repository.lock({key for _, line in lines",
                "        stamp = self.repository.stamp(draft.kind)\n"
                "        levels = self.repository.lock({key for _, line in lines",
            ),
        ),
        killer=f"{LOCKS}::test_the_clock_is_read_when_the_levels_are_held_not_before",
        engine="postgresql",
    ),
    Mutant(
        name="skip the idempotency claim",
        file="sms_django/gateways/once_only.py",
        changes=(('if connection.vendor != "postgresql":', "if True:"),),
        killer=f"{ADAPTERS}/test_once_only.py::test_a_key_that_is_being_used_answers_at_once",
        engine="postgresql",
    ),
    Mutant(
        name="drop the version predicate",
        file=REPOSITORY,
        changes=((" AND {table}.version = given.before", ""),),
        killer=f"{ADAPTERS}/repositories/test_ledger.py"
        "::test_a_level_changed_without_its_lock_is_noticed",
    ),
    Mutant(
        name="drop the CHECK of what is promised",
        file="sms_django/models/stock.py",
        changes=(
            (
                """            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="level_reserved",
            ),
""",
                "",
            ),
        ),
        killer=f"{ADAPTERS}/repositories/test_ledger.py::test_every_rule_is_a_named_constraint",
    ),
    Mutant(
        name="drop the CHECK of what lies in a bin",
        file="sms_django/models/stock.py",
        changes=(('models.CheckConstraint(condition=Q(on_hand__gte=0), name="bin_on_hand"),', ""),),
        killer=f"{ADAPTERS}/repositories/test_ledger.py::test_every_rule_is_a_named_constraint",
    ),
    Mutant(
        name="skip the hash of the request",
        file="sms_django/gateways/once_only.py",
        changes=(("if kept.fingerprint != fingerprint:", "if False:"),),
        killer=f"{ADAPTERS}/test_once_only.py::test_another_request_under_the_key_is_refused",
    ),
    Mutant(
        name="skip the hash of the entry before",
        file="sms_core/stock/recording.py",
        changes=(("next_hash(level.last_hash, ", 'next_hash("", '),),
        killer=f"{CORE}/test_ledger.py::test_the_entries_of_a_level_form_a_hash_chain",
    ),
    Mutant(
        name="check lines one by one instead of summed",
        file="sms_core/stock/picking.py",
        changes=(
            ("        self._left[number] -= quantity\n", ""),
            ("        self._unpromised -= quantity\n", ""),
            ("            self._available -= quantity\n", "            pass\n"),
        ),
        killer=f"{CORE}/test_ledger.py::test_all_lines_are_summed_before_they_are_checked",
    ),
    Mutant(
        name="release twice",
        file="sms_core/stock/promises.py",
        changes=(("        self.open_quantity -= quantity\n", ""),),
        killer=f"{CORE}/test_promises.py::test_a_release_makes_goods_available_again",
    ),
    Mutant(
        name="take the average after instead of before",
        file="sms_core/stock/recording.py",
        changes=(
            (
                "unit_cost=average if cost is None else cost",
                "unit_cost=(level.average_cost or ZERO) if cost is None else cost",
            ),
        ),
        killer=f"{CORE}/test_averages.py::test_what_leaves_costs_what_it_did_while_it_was_there",
    ),
)


def copy(target: Path) -> Path:
    """The code and its tests, without what was made from them but the compiled modules."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        else:
            shutil.copy2(source, target / name)
    return target


def run(tree: Path, engine: str, *tests: str) -> subprocess.CompletedProcess[str]:
    """What these tests say of this tree."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    options = [
        "-q",
        "-x",
        "--no-header",
        "--nomigrations",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env=kept | {"SMS_TEST_ENGINE": engine, "SMS_VAR": str(tree / "var")},
        capture_output=True,
        text=True,
        timeout=300,
    )


def survives(mutant: Mutant) -> str:
    """What the tests said when they did not notice; nothing when they did."""
    with tempfile.TemporaryDirectory(prefix="sms-mutant-") as folder:
        tree = copy(Path(folder))
        mutant.apply(tree)
        said = run(tree, mutant.engine, mutant.killer)
    name = mutant.killer.rsplit("::", 1)[1]
    # A broken import or fixture would be no proof: it is the test itself that must fail.
    failed = said.returncode == 1 and "\nFAILED " in said.stdout and name in said.stdout
    return "" if failed and "\nERROR " not in said.stdout else f"{said.stdout}{said.stderr}"


def sound(engine: str) -> str:
    """What is wrong with the tests on the unbroken tree; nothing when they pass."""
    killers = {mutant.killer for mutant in MUTANTS if mutant.engine == engine}
    with tempfile.TemporaryDirectory(prefix="sms-mutant-") as folder:
        said = run(copy(Path(folder)), engine, *sorted(killers))
    return "" if said.returncode == 0 else f"{said.stdout}{said.stderr}"


def main(part: str = "") -> int:
    """Tell of each whether it was noticed; fails when one was not."""
    databases.start_postgresql()
    chosen = [mutant for mutant in MUTANTS if part in mutant.name]
    wrong = [text for engine in databases.ENGINES if (text := sound(engine))]
    for text in wrong:
        print(f"The unbroken tree fails:\n{text}")  # noqa: T201
    for mutant in chosen:
        text = survives(mutant)
        wrong += [text] if text else []
        print(f"{'SURVIVES' if text else 'killed  '}  {mutant.name}\n{text}".rstrip())  # noqa: T201
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
