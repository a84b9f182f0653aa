import pytest

from sms_core.catalogue.commands import ChangeBrand, CreateBrand
from sms_core.catalogue.ports import BrandFilter, BrandSort
from sms_core.catalogue.services import BrandService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Duplicate, Forbidden, InUse, NotFound, Stale
from sms_core.shared.paging import Order, PageRequest
from tests.fakes.base import FixedClock, RollingBackUnitOfWork
from tests.fakes.catalogue import InMemoryBrandRepository, InMemoryUsage

OWNER = Actor(
    user_id=1,
    username="ann",
    permissions=frozenset(f"brand.{verb}" for verb in ("view", "add", "change", "delete")),
)


@pytest.fixture
def usage() -> InMemoryUsage:
    return InMemoryUsage()


@pytest.fixture
def brands(usage: InMemoryUsage) -> BrandService:
    repository = InMemoryBrandRepository()
    return BrandService(
        uow=RollingBackUnitOfWork(repository),
        clock=FixedClock(),
        repository=repository,
        usage=usage,
    )


def test_a_brand_is_created_with_a_tidy_name(brands: BrandService) -> None:
    brand = brands.create(CreateBrand(name=" Acme "), by=OWNER)

    assert brands.get(brand.id, by=OWNER).name == "Acme"


def test_two_live_brands_never_share_a_name(brands: BrandService) -> None:
    brands.create(CreateBrand(name="Acme"), by=OWNER)

    with pytest.raises(Duplicate) as refusal:
        brands.create(CreateBrand(name="ACME"), by=OWNER)
    assert refusal.value.pointer == "/name"


def test_the_name_of_an_archived_brand_is_free(brands: BrandService) -> None:
    first = brands.create(CreateBrand(name="Acme"), by=OWNER)
    brands.delete(first.id, by=OWNER)

    second = brands.create(CreateBrand(name="Acme"), by=OWNER)

    with pytest.raises(Duplicate):
        brands.restore(first.id, by=OWNER)
    assert brands.get(second.id, by=OWNER).name == "Acme"


def test_an_archived_brand_comes_back_whole(brands: BrandService) -> None:
    brand = brands.create(CreateBrand(name="Acme", description="Traps"), by=OWNER)
    brands.delete(brand.id, by=OWNER)
    with pytest.raises(NotFound):
        brands.get(brand.id, by=OWNER)

    brands.restore(brand.id, by=OWNER)

    assert brands.get(brand.id, by=OWNER).description == "Traps"


def test_a_stale_change_is_refused_and_changes_nothing(brands: BrandService) -> None:
    brand = brands.create(CreateBrand(name="Acme"), by=OWNER)
    brands.change(ChangeBrand(id=brand.id, name="Acme Ltd", version=1), by=OWNER)

    with pytest.raises(Stale):
        brands.change(ChangeBrand(id=brand.id, name="Acme Inc", version=1), by=OWNER)
    assert brands.get(brand.id, by=OWNER).name == "Acme Ltd"


def test_a_brand_in_use_is_not_archived_and_the_answer_says_by_what(
    brands: BrandService, usage: InMemoryUsage
) -> None:
    brand = brands.create(CreateBrand(name="Acme"), by=OWNER)
    usage.brands[brand.id] = "3 products"

    with pytest.raises(InUse, match="3 products"):
        brands.delete(brand.id, by=OWNER)


def test_bulk_delete_puts_each_id_in_exactly_one_list(
    brands: BrandService, usage: InMemoryUsage
) -> None:
    free, used = (brands.create(CreateBrand(name=name), by=OWNER).id for name in ("A", "B"))
    usage.brands[used] = "1 product"

    result = brands.bulk_delete([99, used, free, free], by=OWNER)

    assert (result.deleted_ids, result.in_use_ids, result.missing_ids) == ([free], [used], [99])


def test_the_list_is_searched_ordered_and_paged(brands: BrandService) -> None:
    for name in ("Acme", "Bolt & Co", "acme tools"):
        brands.create(CreateBrand(name=name), by=OWNER)
    newest_first = BrandFilter(search="ACME", order=(Order(BrandSort.NAME, descending=True),))

    page = brands.search(newest_first, PageRequest(number=1, size=1), by=OWNER)

    assert [brand.name for brand in page.items] == ["acme tools"]
    assert page.total == 2


def test_nobody_does_anything_without_its_permission(brands: BrandService) -> None:
    nobody = Actor(user_id=2, username="bob", permissions=frozenset())

    for call in (
        lambda: brands.get(1, by=nobody),
        lambda: brands.search(BrandFilter(), PageRequest(), by=nobody),
        lambda: brands.create(CreateBrand(name="Acme"), by=nobody),
        lambda: brands.change(ChangeBrand(id=1), by=nobody),
        lambda: brands.delete(1, by=nobody),
        lambda: brands.bulk_delete([1], by=nobody),
        lambda: brands.restore(1, by=nobody),
    ):
        with pytest.raises(Forbidden):
            call()
