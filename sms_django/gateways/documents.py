"""Which part of the core keeps which documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from injector import Injector

from sms_core.shared.documents import DocumentRef, DocumentType
from sms_core.shared.entities import Actor
from sms_core.stock.documents import Documents
from sms_core.stock.ledger import Books
from sms_core.stock.postings import Posting


class DocumentsByType(Documents):
    """Passes everything on to those who keep documents of the type.

    They are made when first asked for: they stand on the ledger, which stands beside this.
    """

    def __init__(self, injector: Injector, keepers: Mapping[DocumentType, type[Documents]]) -> None:
        self._injector, self._keepers = injector, keepers

    def lock(self, document: DocumentRef) -> None:
        self._keeper(document).lock(document)

    def reversed(self, document: DocumentRef, reversal: Posting, books: Books, by: Actor) -> None:
        self._keeper(document).reversed(document, reversal, books, by)

    def _keeper(self, document: DocumentRef) -> Documents:
        keeper: Any = self._injector.get(self._keepers[document.type])
        return keeper  # type: ignore[no-any-return]
