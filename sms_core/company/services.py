"""The use cases of the company's data."""

from __future__ import annotations

from dataclasses import dataclass

from sms_core.company.commands import ChangeCompany
from sms_core.company.entities import Company
from sms_core.company.ports import CompanyRepository
from sms_core.shared.entities import Actor
from sms_core.shared.ports import UnitOfWork


@dataclass(frozen=True)
class CompanyService:
    """Whose stock this is."""

    uow: UnitOfWork
    companies: CompanyRepository

    def get(self, *, by: Actor) -> Company:
        """The company, for everybody who is logged in: its name stands on every page."""
        return self.companies.get()

    def change(self, command: ChangeCompany, *, by: Actor) -> Company:
        """Change it; raises Forbidden, Stale, Invalid."""
        by.require("company.change")
        with self.uow:
            company = self.companies.get_for_update()
            company.expect_version(command.version)
            company.change(**command.values())
            self.companies.save(company)
        return company

    def make(self) -> None:
        """Make it, with values to be replaced, when the database has none."""
        with self.uow:
            self.companies.make(Company())
