"""One suite for the repositories of categories and units, in memory and in the database."""

import pytest

from config.container import container
from sms_core.catalogue.entities import Category, Unit
from sms_core.catalogue.ports import (
    CategoryFilter,
    CategoryRepository,
    CategorySort,
    UnitFilter,
    UnitRepository,
)
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from sms_django import models
from tests.fakes.base import FixedClock
from tests.fakes.catalogue import InMemoryCategoryRepository, InMemoryUnitRepository

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["memory", "django"])
def categories(request: pytest.FixtureRequest) -> CategoryRepository:
    if request.param == "memory":
        return InMemoryCategoryRepository()
    return container().get(CategoryRepository)


@pytest.fixture(params=["memory", "django"])
def units(request: pytest.FixtureRequest) -> UnitRepository:
    if request.param == "memory":
        return InMemoryUnitRepository()
    models.Unit.objects.all().delete()  # the delivered ones
    return container().get(UnitRepository)


def test_a_category_is_read_as_it_was_added_and_saved(categories: CategoryRepository) -> None:
    tools = Category(code="T", name="Tools")
    categories.add(tools)
    saws = Category(code="S", name="Saws", parent_id=tools.id)
    categories.add(saws)

    assert categories.get(saws.id) == saws
    saws.change(name="Sägen", parent_id=None)
    categories.save(saws)
    assert categories.get(saws.id) == saws
    assert saws.version == 2


def test_a_second_writer_of_a_category_is_stale(categories: CategoryRepository) -> None:
    tools = Category(code="T", name="Tools")
    categories.add(tools)
    mine, theirs = categories.get_for_update(tools.id), categories.get_for_update(tools.id)
    categories.save(mine)

    with pytest.raises(Stale):
        categories.save(theirs)


@pytest.mark.parametrize(
    ("code", "name", "field"), [("STRASSE", "Other", "code"), ("O", "straße", "name")]
)
def test_code_and_name_are_each_unique_among_live_categories(
    categories: CategoryRepository, code: str, name: str, field: str
) -> None:
    categories.add(Category(code="Straße", name="Strasse"))

    with pytest.raises(Duplicate) as refusal:
        categories.add(Category(code=code, name=name))
    assert refusal.value.pointer == f"/{field}"


def test_an_archived_categorys_code_and_name_are_free(categories: CategoryRepository) -> None:
    old = Category(code="T", name="Tools")
    categories.add(old)
    categories.archive([old.id], FixedClock().now())

    categories.add(Category(code="T", name="Tools"))

    assert categories.search(CategoryFilter(), PageRequest()).total == 1
    assert categories.search(CategoryFilter(deleted=True), PageRequest()).total == 1


def test_the_tree_holds_the_live_categories(categories: CategoryRepository) -> None:
    tools = Category(code="T", name="Tools")
    categories.add(tools)
    saws, gone = (Category(code=c, name=c, parent_id=tools.id) for c in ("S", "G"))
    categories.add(saws)
    categories.add(gone)
    categories.archive([gone.id], FixedClock().now())

    assert categories.lock_tree() == {tools.id: None, saws.id: tools.id}


def test_categories_are_filtered_searched_and_ordered(categories: CategoryRepository) -> None:
    tools = Category(code="T", name="tools")
    categories.add(tools)
    for code, name in (("A", "saws 50%"), ("B", "Files")):
        categories.add(Category(code=code, name=name, parent_id=tools.id))

    def names(**values: object) -> list[str]:
        found = categories.search(CategoryFilter(**values), PageRequest())  # type: ignore[arg-type]
        return [category.name for category in found.items]

    assert names() == ["saws 50%", "Files", "tools"]
    assert names(parent_id=tools.id) == ["saws 50%", "Files"]
    assert names(code="t") == names(name="TOOLS") == ["tools"]
    assert names(search="%") == ["saws 50%"]
    assert names(search="_") == []
    by_name = (Order(CategorySort.NAME, descending=True),)
    assert names(order=by_name) == ["tools", "saws 50%", "Files"]


def test_a_unit_is_read_as_it_was_added_and_saved(units: UnitRepository) -> None:
    bag = Unit(code="bag", name="Bag", places=2)
    units.add(bag)
    bag.change(places=3)
    units.save(bag)
    units.lock_counted(bag.id)

    assert units.get_for_update(bag.id) == bag
    with pytest.raises(NotFound, match="unit"):
        units.get(10**9)
    with pytest.raises(Duplicate) as refusal:
        units.add(Unit(code="BAG", name="Bag", places=0))
    assert refusal.value.pointer == "/code"


def test_what_was_delivered_is_remembered(units: UnitRepository) -> None:
    bag = Unit(code="bag", name="Bag", places=0, delivered_as="bag")
    units.add(bag)
    units.add(Unit(code="box", name="Box", places=0))
    bag.change(code="sack")
    units.save(bag)
    units.archive([bag.id], FixedClock().now())

    assert units.delivered() == {"bag"}


def test_units_are_filtered(units: UnitRepository) -> None:
    units.add(Unit(code="bag", name="Bag", places=0))
    units.add(Unit(code="box", name="Box", places=0))

    for values in ({"code": "BOX"}, {"name": "box"}, {"search": "ox"}):
        found = units.search(UnitFilter(**values), PageRequest())
        assert [unit.code for unit in found.items] == ["box"]
