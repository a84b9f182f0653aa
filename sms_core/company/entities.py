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


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that this machine knows."""
    return frozenset(available_timezones())


@dataclass(kw_only=True)
class Company(Entity):
    """There is one. Its zone says what a day is, its currency what money is.

    `large_adjustment_value`: correcting stock by more takes a permission of its own; None: never.
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
        self._check_threshold()

    def _check_threshold(self) -> None:
        value = self.large_adjustment_value
        if value is None:
            return
        self.large_adjustment_value = exact(
            value, places=MONEY_PLACES, limit=VALUE_LIMIT, field="large_adjustment_value"
        )
        if value < 0:
            raise Invalid("The limit must not be negative.", pointer="/large_adjustment_value")
