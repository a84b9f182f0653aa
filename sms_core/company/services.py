"""The use cases of the company's data."""

from __future__ import annotations

from dataclasses import dataclass

from sms_core.company.commands import ChangeCompany, PutLogo
from sms_core.company.entities import Company
from sms_core.company.ports import CompanyRepository
from sms_core.shared.entities import Actor
from sms_core.shared.ports import ImageStore, UnitOfWork


@dataclass(frozen=True)
class CompanyService:
    """Whose stock this is."""

    uow: UnitOfWork
    companies: CompanyRepository
    images: ImageStore

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

    def put_logo(self, command: PutLogo, *, by: Actor) -> Company:
        """Give it a logo; raises Forbidden, Stale, Invalid."""
        by.require("company.change")
        return self._replace_logo(self.images.put(command.content), command.version)

    def remove_logo(self, *, by: Actor, version: int | None = None) -> None:
        """Take its logo away, if it has one; raises Forbidden, Stale."""
        by.require("company.change")
        self._replace_logo("", version)

    def make(self) -> None:
        """Make it, with values to be replaced, when the database has none."""
        with self.uow:
            self.companies.make(Company())

    def _replace_logo(self, name: str, version: int | None) -> Company:
        """Save the picture's name, and delete the file that nothing refers to any more."""
        unused = name
        try:
            with self.uow:
                company = self.companies.get_for_update()
                company.expect_version(version)
                before, company.logo = company.logo, name
                self.companies.save(company)
            unused = before
        finally:
            self.images.delete(unused)
        return company
