"""What the tables of all documents share, and their history."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sms_core.shared.documents import DocumentType
from sms_django.models.base import MasterDataRow
from sms_django.models.catalogue import Variant


class DocumentRow(MasterDataRow):
    """A table of documents; `search_text` holds number, reference, names and notes."""

    number = models.CharField(max_length=40, unique=True, editable=False)
    state = models.CharField(max_length=20)
    notes = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class LineRow(models.Model):
    """A table of the lines of documents: subclasses have a foreign key `document` to theirs.

    Nothing that moved is stored here: the ledger's entries name their line.
    """

    position = models.PositiveIntegerField(editable=False)
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class DocumentEvent(models.Model):
    """What somebody did with a document. The database refuses to change or delete it."""

    document_type = models.CharField(max_length=20)
    document_id = models.BigIntegerField()
    act = models.CharField(max_length=40)
    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="document_events",
    )
    username = models.CharField(max_length=120)
    request_id = models.CharField(max_length=200)
    note = models.TextField(blank=True, default="")
    changes = models.JSONField(default=dict)
    postings = models.JSONField(default=list)

    class Meta:
        db_table = "sms_document_event"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(document_type__in=[kind.value for kind in DocumentType]),
                name="document_event_type",
            )
        ]
        indexes = [
            models.Index(fields=["document_type", "document_id"], name="document_event_by_document")
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.username}"
