"""What the company's data needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod

from sms_core.company.entities import Company


class CompanyRepository(ABC):
    """Keeps the one company."""

    @abstractmethod
    def get(self) -> Company:
        """The company; raises NotFound before it was made."""

    @abstractmethod
    def get_for_update(self) -> Company:
        """Like `get`, locked against other changes until the unit of work ends."""

    @abstractmethod
    def save(self, company: Company) -> None:
        """Store it changed and count its version up."""

    @abstractmethod
    def make(self, company: Company) -> None:
        """Store it, unless there is one already: that one stays as it is."""
