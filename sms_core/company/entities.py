"""The business that keeps the stock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import ClassVar
from zoneinfo import available_timezones

from sms_core.shared.entities import Entity
from sms_core.shared.errors import Invalid
from sms_core.shared.numbers import MONEY_PLACES, VALUE_LIMIT, exact
from sms_core.shared.text import tidy, tidy_optional, tidy_text

# ISO 4217, the currencies in circulation.
_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
RATE_PLACES = 2


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that this machine knows."""
    return frozenset(available_timezones())


@dataclass(kw_only=True)
class Company(Entity):
    """There is one. Its zone says what a day is, its currency what money is.

    `large_adjustment_value`: correcting stock by more takes a permission of its own; None: never.
    `serves_backorders`: goods that come in are promised at once to the orders that wait for them.
    `over_receipt_percent`: so much more than was ordered is received without asking.
    `count_approval_value`: a count that finds more to be wrong is approved first; None: never.
    """

    name_of_kind: ClassVar[str] = "company"

    name: str = "My company"
    address: str = ""
    tax_id: str = ""
    logo: str = ""
    currency: str = "EUR"
    currency_places: int = 2
    time_zone: str = "UTC"
    large_adjustment_value: Decimal | None = None
    serves_backorders: bool = True
    over_receipt_percent: Decimal = Decimal(0)
    count_approval_value: Decimal | None = None

    def check(self) -> None:
        self.name = tidy(self.name, "name")
        self.address = tidy_text(self.address, "address")
        self.tax_id = tidy_optional(self.tax_id, "tax_id")
        if self.currency not in CURRENCIES:
            raise Invalid(
                f"{self.currency!r} is no ISO 4217 currency code, like EUR.", pointer="/currency"
            )
        if self.currency_places not in range(MONEY_PLACES + 1):
            raise Invalid(
                f"Money has 0 to {MONEY_PLACES} decimal places.", pointer="/currency_places"
            )
        if self.time_zone not in time_zones():
            raise Invalid(
                f"{self.time_zone!r} is no IANA time zone, like Europe/Paris.",
                pointer="/time_zone",
            )
        self.large_adjustment_value = _threshold(
            self.large_adjustment_value, "large_adjustment_value"
        )
        self.count_approval_value = _threshold(self.count_approval_value, "count_approval_value")
        self._check_tolerance()

    def _check_tolerance(self) -> None:
        percent = exact(
            self.over_receipt_percent,
            places=RATE_PLACES,
            limit=VALUE_LIMIT,
            field="over_receipt_percent",
        )
        if not 0 <= percent <= 100:
            raise Invalid("The percentage is from 0 to 100.", pointer="/over_receipt_percent")
        self.over_receipt_percent = percent


def _threshold(value: Decimal | None, field: str) -> Decimal | None:
    if value is None:
        return None
    value = exact(value, places=MONEY_PLACES, limit=VALUE_LIMIT, field=field)
    if value < 0:
        raise Invalid("The limit must not be negative.", pointer=f"/{field}")
    return value
