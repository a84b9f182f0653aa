"""The use cases of those who buy."""

# No postponed annotations here: see shared.services.

from collections.abc import Collection
from dataclasses import dataclass

from sms_core.selling.entities import Customer
from sms_core.selling.ports import CustomerFilter, CustomerRepository
from sms_core.shared.entities import Actor
from sms_core.shared.services import MasterDataService
from sms_core.stock.documents import OpenDocuments


@dataclass(frozen=True)
class CustomerService(MasterDataService[Customer, CustomerFilter]):
    """Who buys from us."""

    resource = "customer"
    entity = Customer

    repository: CustomerRepository
    open_documents: OpenDocuments

    def holders(self, ids: Collection[int], *, by: Actor) -> dict[int, str]:
        return self.open_documents.of_customers(ids, seen_in=by.warehouse_ids)
