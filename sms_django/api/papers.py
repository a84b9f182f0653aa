"""Papers over HTTP: mixins that give viewsets of documents an action per paper."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from config.container import Injected
from sms_core.papers.services import PaperService
from sms_django.api.browsable import BrowsableRenderer
from sms_django.api.fields import IdField
from sms_django.api.parsing import JSONRenderer

_PDF = "application/pdf"


class PdfRenderer(JSONRenderer):
    """Lets a client ask for PDF. Views answer that themselves; what is left are refusals."""

    media_type = _PDF
    format = "pdf"

    def render(self, data: Any, accepted_media_type: Any = None, context: Any = None) -> bytes:
        rendered: bytes = super().render(data, "application/json", context)
        return rendered


_OPTIONS: dict[str, Any] = {
    "detail": True,
    "methods": ["get"],
    "pagination_class": None,
    "renderer_classes": [JSONRenderer, BrowsableRenderer, PdfRenderer],
}
_ANSWER: dict[str, Any] = {"responses": {(200, _PDF): OpenApiTypes.BINARY}, "filters": False}


class PaperMixin:
    """For viewsets with papers, which whoever may see the document may print."""

    printer = Injected(PaperService)
    papers: ClassVar[frozenset[str]] = frozenset()
    id: Any
    actor: Any

    @classmethod
    def permission_for(cls, action: str | None) -> str | None:
        if action in cls.papers:
            return f"{cls.resource}.view"  # type: ignore[attr-defined]
        code: str | None = super().permission_for(action)  # type: ignore[misc]
        return code

    def printed(self, kind: str, paper: Any, name: str) -> HttpResponse:
        """The answer that a browser shows, and saves under this name."""
        # Loaded when somebody prints: reportlab takes longer than all the rest together.
        from sms_django.papers import printing

        content: bytes = getattr(printing, kind)(paper)
        disposition = f'inline; filename="{name}.pdf"'
        return HttpResponse(content, _PDF, headers={"Content-Disposition": disposition})


class PurchasePapers(PaperMixin):
    """Orders on paper, for suppliers."""

    papers = frozenset({"paper"})

    @extend_schema(**_ANSWER)
    @action(**_OPTIONS)
    def paper(self, request: Request, pk: str) -> HttpResponse:
        """The order as PDF; without costs for those who may not see them."""
        paper = self.printer.purchase_order(self.id, by=self.actor)
        return self.printed("purchase_order", paper, paper.order.number)


class ShipmentQuery(serializers.Serializer[Any]):
    posting_id = IdField(allow_null=True, default=None)


class SalesPapers(PaperMixin):
    """What one needs to fetch and send goods."""

    papers = frozenset({"pick_list", "delivery_note"})
    action: Any

    def other_parameters(self) -> set[str]:
        found: set[str] = super().other_parameters()  # type: ignore[misc]
        return found | ({"posting_id"} if self.action == "delivery_note" else set())

    @extend_schema(**_ANSWER)
    @action(**_OPTIONS, url_path="pick-list")
    def pick_list(self, request: Request, pk: str) -> HttpResponse:
        """Where to fetch what is reserved for the order, as PDF, by location and lot."""
        paper = self.printer.pick_list(self.id, by=self.actor)
        return self.printed("pick_list", paper, f"{paper.order.number}-pick-list")

    @extend_schema(
        **_ANSWER,
        parameters=[
            OpenApiParameter(
                "posting_id", int, description="Which shipment of the order; empty: the last one."
            )
        ],
    )
    @action(**_OPTIONS, url_path="delivery-note")
    def delivery_note(self, request: Request, pk: str) -> HttpResponse:
        """What went out in a shipment, as PDF, without prices."""
        asked = {name: text for name, text in request.query_params.items() if text}
        query = ShipmentQuery(data=asked, context={"text_only": True})
        query.is_valid(raise_exception=True)
        posting_id = query.validated_data["posting_id"]
        paper = self.printer.delivery_note(self.id, posting_id=posting_id, by=self.actor)
        return self.printed("delivery_note", paper, f"{paper.posting.number}-delivery-note")


class ReceiptPapers(PaperMixin):
    """What came in."""

    papers = frozenset({"goods_received_note"})

    @extend_schema(**_ANSWER)
    @action(**_OPTIONS, url_path="goods-received-note")
    def goods_received_note(self, request: Request, pk: str) -> HttpResponse:
        """What came in by a receipt, where it was put and what was not accepted, as PDF."""
        paper = self.printer.goods_received(self.id, by=self.actor)
        return self.printed("goods_received", paper, paper.posting.number)


class CountPapers(PaperMixin):
    """Sheets to write on."""

    papers = frozenset({"sheet"})

    @extend_schema(**_ANSWER)
    @action(**_OPTIONS)
    def sheet(self, request: Request, pk: str) -> HttpResponse:
        """What is still to be counted, as PDF; how much should be there it does not say."""
        paper = self.printer.count_sheet(self.id, by=self.actor)
        return self.printed("count_sheet", paper, paper.count.number)
