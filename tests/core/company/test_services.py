from decimal import Decimal
from typing import Any

import pytest

from sms_core.company.commands import ChangeCompany, PutLogo
from sms_core.company.services import CompanyService
from sms_core.shared.entities import Actor
from sms_core.shared.errors import DomainError, Forbidden, NotFound, Stale
from tests.fakes.base import RollingBackUnitOfWork
from tests.fakes.catalogue import InMemoryImageStore
from tests.fakes.company import InMemoryCompanyRepository

OWNER = Actor(user_id=1, username="ann", permissions=frozenset({"company.change"}))
NOBODY = Actor(user_id=2, username="bob", permissions=frozenset())


@pytest.fixture
def companies() -> CompanyService:
    return CompanyService(
        uow=RollingBackUnitOfWork(),
        companies=InMemoryCompanyRepository(),
        images=InMemoryImageStore(),
    )


def test_the_company_is_made_once_and_then_left_alone(companies: CompanyService) -> None:
    with pytest.raises(NotFound):
        companies.get(by=NOBODY)
    companies.make()
    companies.change(ChangeCompany(name="Acme"), by=OWNER)

    companies.make()

    company = companies.get(by=NOBODY)
    assert (company.name, company.currency, company.time_zone) == ("Acme", "EUR", "UTC")


def test_the_company_is_changed_by_those_who_may(companies: CompanyService) -> None:
    companies.make()
    order = ChangeCompany(
        currency="JPY", currency_places=0, time_zone="Asia/Tokyo", large_adjustment_value=Decimal(9)
    )

    with pytest.raises(Forbidden):
        companies.change(order, by=NOBODY)
    companies.change(order, by=OWNER)

    company = companies.get(by=NOBODY)
    assert (company.currency, company.currency_places) == ("JPY", 0)
    assert (company.time_zone, company.version) == ("Asia/Tokyo", 2)
    assert str(company.large_adjustment_value) == "9.0000"


def test_the_company_says_how_its_orders_and_counts_are_handled(companies: CompanyService) -> None:
    companies.make()
    made = companies.get(by=NOBODY)
    assert (made.serves_backorders, made.over_receipt_percent) == (True, 0)
    assert made.count_approval_value is None

    order = ChangeCompany(
        serves_backorders=False, over_receipt_percent=Decimal(100), count_approval_value=Decimal(0)
    )
    companies.change(order, by=OWNER)

    company = companies.get(by=NOBODY)
    assert not company.serves_backorders
    assert str(company.over_receipt_percent) == "100.00"
    assert str(company.count_approval_value) == "0.0000"


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"currency": "EUX"},
        {"currency": "eur"},
        {"currency_places": 5},
        {"currency_places": -1},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"large_adjustment_value": Decimal(-1)},
        {"large_adjustment_value": Decimal("0.00001")},
        {"large_adjustment_value": Decimal("NaN")},
        {"large_adjustment_value": Decimal(10) ** 20},
        {"count_approval_value": Decimal(-1)},
        {"count_approval_value": Decimal("0.00001")},
        {"over_receipt_percent": Decimal("-0.01")},
        {"over_receipt_percent": Decimal("100.01")},
        {"over_receipt_percent": Decimal("0.001")},
        {"over_receipt_percent": Decimal("NaN")},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(companies: CompanyService, change: dict[str, Any]) -> None:
    companies.make()

    with pytest.raises(DomainError) as refusal:
        companies.change(ChangeCompany(**change), by=OWNER)
    assert refusal.value.pointer == f"/{next(iter(change))}"


def test_a_stale_change_of_the_company_is_refused(companies: CompanyService) -> None:
    companies.make()
    companies.change(ChangeCompany(name="Acme", version=1), by=OWNER)

    with pytest.raises(Stale):
        companies.change(ChangeCompany(name="Bolt", version=1), by=OWNER)


def test_a_new_logo_replaces_the_old_one_and_a_refused_one_leaves_nothing(
    companies: CompanyService,
) -> None:
    pictures = companies.images.pictures  # type: ignore[attr-defined]
    companies.make()
    companies.put_logo(PutLogo(content=b"old"), by=OWNER)

    company = companies.put_logo(PutLogo(content=b"new", version=2), by=OWNER)
    with pytest.raises(Stale):
        companies.put_logo(PutLogo(content=b"late", version=2), by=OWNER)
    with pytest.raises(Forbidden):
        companies.put_logo(PutLogo(content=b"his"), by=NOBODY)
    assert pictures == {company.logo: b"new"}

    companies.remove_logo(by=OWNER)
    assert (companies.get(by=NOBODY).logo, pictures) == ("", {})
