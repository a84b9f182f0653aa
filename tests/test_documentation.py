"""What the documentation says of states is what the core allows."""

import re
from pathlib import Path

import pytest

from sms_core.purchasing.orders import PurchaseOrder
from sms_core.selling.orders import SalesOrder
from sms_core.shared.documents import Document
from sms_core.stock.counts import StockCount
from sms_core.stock.transfers import StockTransfer

DOCUMENTS: dict[str, type[Document]] = {
    "Purchase orders": PurchaseOrder,
    "Sales orders and the queue": SalesOrder,
    "Stock transfers": StockTransfer,
    "Stock counts": StockCount,
}
_ROW = re.compile(r"^\| (\w+) \| (.*) \|$", re.MULTILINE)


@pytest.mark.parametrize("heading", DOCUMENTS)
def test_the_documentation_tells_what_can_be_done_in_each_state(
    checkout: Path, heading: str
) -> None:
    text = (checkout / "docs" / "documents.md").read_text()
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    told = {state: tuple(acts.split(", ")) for state, acts in _ROW.findall(section)}
    told.pop("state")
    assert told == {state.value: acts for state, acts in DOCUMENTS[heading].acts.items()}


def test_every_page_of_the_documentation_that_is_linked_exists(checkout: Path) -> None:
    pages = [checkout / "README.md", *(checkout / "docs").glob("*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([\w/.-]+\.md)\)", page.read_text())
    ]
    assert len(links) > 5
    assert [link for page, link in links if not (page.parent / link).exists()] == []
