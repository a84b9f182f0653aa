"""In-memory double of the company's port."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from sms_core.company.entities import Company
from sms_core.company.ports import CompanyRepository
from sms_core.shared.errors import NotFound, Stale
from sms_core.shared.ports import Clock
from tests.fakes.base import FixedClock


@dataclass
class InMemoryCompanyRepository(CompanyRepository):
    clock: Clock = field(default_factory=FixedClock)
    stored: dict[int, Company] = field(default_factory=dict)

    def get(self) -> Company:
        if not self.stored:
            raise NotFound("There is no company yet.")
        return deepcopy(self.stored[1])

    def get_for_update(self) -> Company:
        return self.get()

    def save(self, company: Company) -> None:
        if self.stored[1].version != company.version:
            raise Stale("This company was changed by someone else meanwhile.")
        company.version += 1
        company.updated_at = self.clock.now()
        self.stored[1] = deepcopy(company)

    def make(self, company: Company) -> None:
        if not self.stored:
            company.id = 1
            company.created_at = company.updated_at = self.clock.now()
            self.stored[1] = deepcopy(company)
