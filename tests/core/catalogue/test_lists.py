"""The use cases of categories and units."""

import pytest

from sms_core.catalogue.commands import ChangeCategory, ChangeUnit, CreateCategory, CreateUnit
from sms_core.catalogue.entities import Cyclic
from sms_core.catalogue.ports import CategoryFilter, UnitFilter
from sms_core.shared.errors import Conflict, Duplicate, InUse, NotFound, Unknown
from sms_core.shared.paging import PageRequest
from tests.core.catalogue.conftest import OWNER, Catalogue


def category(shop: Catalogue, code: str, parent_id: int | None = None) -> int:
    command = CreateCategory(code=code, name=code.lower(), parent_id=parent_id)
    return shop.categories.create(command, by=OWNER).id


def test_categories_form_a_tree(shop: Catalogue) -> None:
    tools = category(shop, "TOOLS")
    saws = category(shop, "SAWS", tools)

    below = shop.categories.search(CategoryFilter(parent_id=tools), PageRequest(), by=OWNER)

    assert [found.id for found in below.items] == [saws]


def test_a_category_is_not_moved_below_itself(shop: Catalogue) -> None:
    tools = category(shop, "TOOLS")
    saws = category(shop, "SAWS", tools)

    for parent_id in (tools, saws):
        with pytest.raises(Cyclic):
            shop.categories.change(ChangeCategory(id=tools, parent_id=parent_id), by=OWNER)
    shop.categories.change(ChangeCategory(id=saws, parent_id=None), by=OWNER)
    shop.categories.change(ChangeCategory(id=tools, parent_id=saws), by=OWNER)
    assert shop.categories.get(tools, by=OWNER).parent_id == saws


def test_a_parent_must_be_there(shop: Catalogue) -> None:
    with pytest.raises(Unknown) as refusal:
        category(shop, "SAWS", 99)
    assert refusal.value.pointer == "/parent_id"


@pytest.mark.parametrize(
    ("code", "name", "pointer"), [("t", "Other", "/code"), ("X", "tools", "/name")]
)
def test_code_and_name_of_a_category_are_each_unique(
    shop: Catalogue, code: str, name: str, pointer: str
) -> None:
    shop.categories.create(CreateCategory(code="T", name="Tools"), by=OWNER)

    with pytest.raises(Duplicate) as refusal:
        shop.categories.create(CreateCategory(code=code, name=name), by=OWNER)
    assert refusal.value.pointer == pointer


def test_a_deleted_category_can_be_made_again(shop: Catalogue) -> None:
    first = category(shop, "TOOLS")
    shop.categories.delete(first, by=OWNER)

    assert category(shop, "TOOLS") != first
    with pytest.raises(NotFound, match="category"):
        shop.categories.get(first, by=OWNER)


def test_a_category_does_not_come_back_below_an_archived_one(shop: Catalogue) -> None:
    tools = category(shop, "TOOLS")
    saws = category(shop, "SAWS", tools)
    shop.categories.bulk_delete([saws, tools], by=OWNER)

    with pytest.raises(Conflict) as refusal:
        shop.categories.restore(saws, by=OWNER)
    assert refusal.value.code == "refers_to_archived"
    shop.categories.restore(tools, by=OWNER)
    assert shop.categories.restore(saws, by=OWNER).parent_id == tools


def test_a_category_or_unit_in_use_is_not_archived(shop: Catalogue) -> None:
    shop.usage.categories[1] = "2 subcategories"
    shop.usage.units[1] = "77 products"

    with pytest.raises(InUse, match="category is in use by 2 subcategories"):
        shop.categories.delete(1, by=OWNER)
    with pytest.raises(InUse, match="unit is in use by 77 products"):
        shop.units.delete(1, by=OWNER)


def test_a_unit_gets_no_fewer_places_once_there_are_entries(shop: Catalogue) -> None:
    bag = shop.units.create(CreateUnit(code="bag", name="Bag", places=2), by=OWNER)
    shop.usage.posted_units.add(bag.id)

    with pytest.raises(Conflict) as refusal:
        shop.units.change(ChangeUnit(id=bag.id, places=1), by=OWNER)
    assert (refusal.value.code, refusal.value.pointer) == ("has_entries", "/places")
    shop.units.change(ChangeUnit(id=bag.id, places=2, name="Sack"), by=OWNER)
    assert shop.units.change(ChangeUnit(id=bag.id, places=3), by=OWNER).places == 3
    shop.usage.posted_units.clear()
    assert shop.units.change(ChangeUnit(id=bag.id, places=0), by=OWNER).places == 0


def test_delivered_units_are_made_once_and_then_are_the_owners(shop: Catalogue) -> None:
    shop.units.make_delivered()
    kg = shop.units.search(UnitFilter(code="kg"), PageRequest(), by=OWNER).items[0]
    gram = shop.units.search(UnitFilter(code="g"), PageRequest(), by=OWNER).items[0]
    shop.units.change(ChangeUnit(id=gram.id, code="gr"), by=OWNER)
    shop.units.delete(kg.id, by=OWNER)

    shop.units.make_delivered()

    left = shop.units.search(UnitFilter(), PageRequest(), by=OWNER).items
    assert [(unit.code, unit.places) for unit in left] == [
        ("gr", 0),
        ("l", 3),
        ("m", 2),
        ("pc", 0),
    ]


def test_the_code_of_a_unit_is_unique_its_name_is_not(shop: Catalogue) -> None:
    shop.units.create(CreateUnit(code="bag", name="Piece", places=0), by=OWNER)

    with pytest.raises(Duplicate) as refusal:
        shop.units.create(CreateUnit(code="PC", name="Piece", places=0), by=OWNER)
    assert refusal.value.pointer == "/code"
