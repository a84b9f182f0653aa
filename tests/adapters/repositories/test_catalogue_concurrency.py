"""Several at once in the catalogue: one makes it, the others are told; no rule is slipped past."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from config.container import container
from sms_core.access.entities import system_actor
from sms_core.catalogue.commands import (
    ChangeCategory,
    ChangeProduct,
    CreateBrand,
    CreateCategory,
    CreateProduct,
    CreateVariant,
    NewVariant,
)
from sms_core.catalogue.entities import Cyclic
from sms_core.catalogue.product_services import ProductService, VariantService
from sms_core.catalogue.products import Barcode, Product
from sms_core.catalogue.services import BrandService, CategoryService
from sms_core.shared.errors import Conflict, Duplicate, InUse, NotFound, RuleBroken, Stale, Unknown
from sms_core.shared.services import BulkDeleted
from sms_django import models
from tests.adapters.repositories.test_ledger_concurrency import (  # noqa: F401 (a fixture)
    at_once,
    no_deadlocks,
    unexpected,
)
from tests.adapters.shop import Shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_deadlocks")]
SYSTEM = system_actor()
ROUNDS = 8


def brands() -> BrandService:
    return container().get(BrandService)


def categories() -> CategoryService:
    return container().get(CategoryService)


def products() -> ProductService:
    return container().get(ProductService)


def category(code: str, parent_id: int | None = None) -> int:
    command = CreateCategory(code=code, name=code, parent_id=parent_id)
    return categories().create(command, by=SYSTEM).id


def product(code: str, category_id: int, **values: Any) -> Product:
    pieces = models.Unit.objects.get(code="pc").pk
    command = CreateProduct(code=code, name=code, category_id=category_id, unit_id=pieces, **values)
    return products().create(command, by=SYSTEM)


def test_of_parallel_creates_one_makes_it() -> None:
    shelf = category("C")
    barcode = (Barcode("77"),)
    tasks: dict[str, Callable[[int], Any]] = {
        "brand": lambda n: brands().create(CreateBrand(name="Acme"), by=SYSTEM),
        "category": lambda n: category("X"),
        "product": lambda n: product("HAT", shelf),
        "barcode": lambda n: product(
            f"P{n}", shelf, variants=(NewVariant(code=f"P{n}", barcodes=barcode),)
        ),
    }
    for task in tasks.values():
        outcomes = at_once(*(partial(task, n) for n in range(5)))
        assert [o for o in outcomes if not isinstance(o, Duplicate)] == [
            o for o in outcomes if not isinstance(o, Exception)
        ]
        assert sum(isinstance(o, Duplicate) for o in outcomes) == 4

    assert models.Product.objects.count() == 2


def test_moves_that_cross_make_no_cycle() -> None:
    for n in range(ROUNDS):
        ids = [category(f"{n}-{letter}") for letter in "ABC"]
        moves = zip(ids, ids[1:] + ids[:1], strict=True)

        outcomes = at_once(
            *(
                partial(categories().change, ChangeCategory(id=id, parent_id=parent), by=SYSTEM)
                for id, parent in moves
            )
        )

        assert sum(isinstance(o, Cyclic) for o in outcomes) == 1
        assert unexpected(outcomes, Cyclic) == []


def test_renaming_and_archiving_a_family_meet_without_a_deadlock() -> None:
    for n in range(ROUNDS):
        parent = category(f"{n}-A")
        child = category(f"{n}-B", parent)
        rename = ChangeCategory(id=child, name=f"{n} new")

        outcomes = at_once(
            *(partial(categories().change, rename, by=SYSTEM) for _ in range(3)),
            *(partial(categories().bulk_delete, [parent, child], by=SYSTEM) for _ in range(3)),
        )

        assert unexpected(outcomes, NotFound) == []


def test_each_is_deleted_by_one_of_parallel_bulk_deletes() -> None:
    ids = [brands().create(CreateBrand(name=f"B{n}"), by=SYSTEM).id for n in range(40)]

    outcomes: list[BulkDeleted] = at_once(
        *(partial(brands().bulk_delete, order, by=SYSTEM) for order in (ids, ids[::-1], ids))
    )

    assert sorted(id for each in outcomes for id in each.deleted_ids) == ids
    for each in outcomes:
        assert sorted([*each.deleted_ids, *each.missing_ids]) == ids


def test_nothing_is_put_into_what_is_being_archived() -> None:
    for n in range(ROUNDS):
        shelf = category(f"C{n}")

        outcomes = at_once(
            partial(product, f"P{n}", shelf), partial(categories().delete, shelf, by=SYSTEM)
        )

        made, deleted = outcomes
        assert unexpected(outcomes, Unknown, InUse) == []
        assert isinstance(made, Unknown) != isinstance(deleted, InUse)


def test_of_two_changes_seen_at_one_version_one_is_refused() -> None:
    for n in range(ROUNDS):
        hat = product(f"P{n}", category(f"C{n}"))
        commands = [ChangeProduct(id=hat.id, version=1, name=name) for name in ("Cap", "Hut")]

        outcomes = at_once(*(partial(products().change, c, by=SYSTEM) for c in commands))

        assert sum(isinstance(o, Stale) for o in outcomes) == 1
        assert unexpected(outcomes, Stale) == []


def test_a_standard_product_never_ends_up_with_two_variants() -> None:
    for n in range(ROUNDS):
        shirt = product(
            f"P{n}", category(f"C{n}"), type="variable", variants=(NewVariant(code=f"V{n}"),)
        )
        add = CreateVariant(product_id=shirt.id, code=f"W{n}")

        outcomes = at_once(
            partial(container().get(VariantService).create, add, by=SYSTEM),
            partial(products().change, ChangeProduct(id=shirt.id, type="standard"), by=SYSTEM),
        )

        assert sum(isinstance(o, RuleBroken) for o in outcomes) == 1
        assert unexpected(outcomes, RuleBroken) == []


def test_how_goods_are_counted_does_not_change_while_they_come_in() -> None:
    shop = Shop()
    for n in range(ROUNDS):
        variant_id = shop.variant(f"P{n}", places=3)
        row = models.Variant.objects.get(pk=variant_id)
        whole = ChangeProduct(id=row.product_id, unit_id=shop.units[0].pk)

        received, changed = outcomes = at_once(
            partial(shop.receive, variant_id, "0.5"),
            partial(products().change, whole, by=SYSTEM),
        )

        assert unexpected(outcomes, Conflict, RuleBroken) == []
        assert isinstance(received, RuleBroken) != isinstance(changed, Conflict)
