"""No use case forgets to ask whether the actor may: all of them are walked, none is listed."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from config.container import container
from config.services import SERVICES
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden
from sms_core.stock.ledger import Ledger

NOBODY = Actor(user_id=1, username="nobody", permissions=frozenset())

# What everybody who is logged in may do, with the reason.
OPEN_TO_ALL = {
    "CompanyService.get": "its name and currency stand on every page",
}


class Untouched:
    """An argument that fails the test when it is looked at before the permission."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was read before the permission was checked")

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("the argument was read before the permission was checked")


def use_cases() -> Iterator[tuple[type[Any], str]]:
    # The ledger asks nobody: the use case that posts has done so.
    for service in set(SERVICES) - {Ledger}:
        for name, method in inspect.getmembers(service, inspect.isfunction):
            if not name.startswith("_") and "by" in inspect.signature(method).parameters:
                yield service, name


CASES = {f"{service.__name__}.{name}": (service, name) for service, name in use_cases()}
# Hooks that a use case calls after it has asked.
HOOKS = {
    name
    for name in CASES
    if name.rpartition(".")[2]
    in {"check", "guard", "holders", "draft", "drafted", "is_seen", "note"}
}


@pytest.mark.parametrize("case", sorted(CASES.keys() - OPEN_TO_ALL.keys() - HOOKS))
def test_a_use_case_asks_for_permission_before_anything_else(case: str) -> None:
    """Without a database at hand, so that touching it first fails as well."""
    service, name = CASES[case]
    method = getattr(container().get(service), name)
    required = [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.default is parameter.empty and parameter.name != "by"
    ]

    with pytest.raises(Forbidden):
        method(**{name: Untouched() for name in required}, by=NOBODY)


def test_what_is_open_to_all_exists() -> None:
    assert OPEN_TO_ALL.keys() <= CASES.keys()
