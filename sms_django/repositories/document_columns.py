"""The document that a row belongs to, in its three columns."""

from __future__ import annotations

from typing import Any

from sms_core.shared.documents import DocumentRef, DocumentType


def to_document(row: Any) -> DocumentRef | None:
    """The document of a posting or a reservation."""
    if row.document_type is None:
        return None
    return DocumentRef(DocumentType(row.document_type), row.document_id, row.document_number)


def document_columns(document: DocumentRef | None) -> dict[str, Any]:
    """The columns of a row that belongs to it."""
    return {
        "document_type": document.type.value if document else None,
        "document_id": document.id if document else None,
        "document_number": document.number if document else None,
    }
