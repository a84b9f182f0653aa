"""Each broken promise is noticed by a test: see `tests.mutants`."""

from __future__ import annotations

import pytest

from tests import databases, mutants
from tests.mutants import Mutant

pytestmark = pytest.mark.mutants
OURS = [mutant for mutant in mutants.MUTANTS if mutant.engine == databases.engine()]


@pytest.fixture(scope="module", autouse=True)
def _killers_pass_on_the_unbroken_tree() -> None:
    assert mutants.sound(databases.engine()) == ""


@pytest.mark.parametrize("mutant", OURS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_test_notices(mutant: Mutant) -> None:
    assert mutants.survives(mutant) == ""


def test_a_mutant_that_fits_nowhere_is_an_error() -> None:
    lost = Mutant(name="lost", file="manage.py", changes=(("no such code", ""),), killer="")
    with pytest.raises(ValueError, match="not exactly one"):
        lost.apply(mutants.ROOT)
