"""One suite for every kind of brand repository: what the fake promises, the database keeps."""

import pytest

from config.container import container
from sms_core.catalogue.entities import Brand
from sms_core.catalogue.ports import BrandFilter, BrandRepository, BrandSort
from sms_core.shared.errors import Duplicate, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from tests.fakes.base import FixedClock
from tests.fakes.catalogue import InMemoryBrandRepository

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["memory", "django"])
def brands(request: pytest.FixtureRequest) -> BrandRepository:
    if request.param == "memory":
        return InMemoryBrandRepository()
    return container().get(BrandRepository)


def test_what_is_added_can_be_read_again(brands: BrandRepository) -> None:
    brand = Brand(name="Acme", description="Traps")
    brands.add(brand)

    stored = brands.get(brand.id)

    assert stored == brand
    assert stored is not brand
    assert stored.version == 1
    assert stored.created_at is not None


def test_a_change_that_is_not_saved_is_not_seen(brands: BrandRepository) -> None:
    brand = Brand(name="Acme")
    brands.add(brand)

    brand.change(name="Bolt")

    assert brands.get(brand.id).name == "Acme"


def test_saving_counts_the_version_and_a_second_writer_is_stale(brands: BrandRepository) -> None:
    brand = Brand(name="Acme")
    brands.add(brand)
    mine, theirs = brands.get_for_update(brand.id), brands.get_for_update(brand.id)
    mine.change(name="Acme Ltd")
    brands.save(mine)

    theirs.change(name="Acme Inc")
    with pytest.raises(Stale):
        brands.save(theirs)
    assert (brands.get(brand.id).name, brands.get(brand.id).version) == ("Acme Ltd", 2)


def test_names_are_unique_among_the_live_whatever_their_case(brands: BrandRepository) -> None:
    first = Brand(name="Straße")
    brands.add(first)
    brands.archive([first.id], FixedClock().now())
    brands.add(Brand(name="STRASSE"))

    with pytest.raises(Duplicate) as refusal:
        brands.add(Brand(name="strasse"))
    assert refusal.value.pointer == "/name"


def test_an_archived_one_is_only_found_among_the_archived(brands: BrandRepository) -> None:
    brand = Brand(name="Acme")
    brands.add(brand)
    with pytest.raises(NotFound):
        brands.get_archived_for_update(brand.id)
    brands.archive([brand.id], FixedClock().now())

    for look_up in (brands.get, brands.get_for_update):
        with pytest.raises(NotFound):
            look_up(brand.id)
    assert brands.hold([brand.id]) == {}
    assert brands.lock_for_archiving([brand.id]) == []
    assert brands.search(BrandFilter(), PageRequest()).total == 0
    assert brands.search(BrandFilter(deleted=True), PageRequest()).total == 1
    assert brands.get_archived_for_update(brand.id).deleted_at == FixedClock().now()


@pytest.mark.parametrize(("text", "found"), [("%", 0), ("_", 0), ("ÉT", 2), ("toy", 1)])
def test_search_is_a_plain_substring_in_any_case(
    brands: BrandRepository, text: str, found: int
) -> None:
    for name in ("Été", "étoile"):
        brands.add(Brand(name=name))
    brands.add(Brand(name="Other", description="TOYS"))

    assert brands.search(BrandFilter(search=text), PageRequest()).total == found


def test_pages_follow_the_order_and_never_overlap(brands: BrandRepository) -> None:
    for name in ("b", "A", "c"):
        brands.add(Brand(name=name))

    def names(number: int, *order: Order) -> list[str]:
        page = brands.search(BrandFilter(order=order), PageRequest(number, 2))
        return [brand.name for brand in page.items]

    assert (names(1), names(2), names(3)) == (["A", "b"], ["c"], [])
    assert names(1, Order(BrandSort.NAME, descending=True)) == ["c", "b"]


def test_several_are_held_and_locked_in_the_order_of_their_ids(brands: BrandRepository) -> None:
    for name in ("c", "b", "a"):
        brands.add(Brand(name=name))
    ids = [brand.id for brand in brands.search(BrandFilter(), PageRequest()).items]

    assert set(brands.hold([*ids, 10**9])) == set(ids)
    assert [brand.id for brand in brands.lock_for_archiving(ids)] == sorted(ids)
