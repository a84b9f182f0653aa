"""What the pages of suppliers and customers share: they list their documents and postings."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from sms_django import models
from sms_django.admin.base import CoreAdmin
from sms_django.admin.document_shown import state_shown
from sms_django.admin.documents import DocumentAdmin
from sms_django.admin.stock_forms import worded
from sms_django.admin.stock_links import local

SHOWN = 10


class PartnerAdmin(CoreAdmin):
    """Somebody to do business with. `role` is what documents and postings call him."""

    role: ClassVar[str]
    warehouse_path = None
    cost_fields = ()
    change_form_template = "sms/partner.html"

    fields = (("code", "name"), ("email", "phone"), "tax_id", "address", "notes")
    list_display = ("code", "name", "email", "phone", "updated_at")
    list_display_links = ("code", "name")
    ordering = ("code_key",)
    search_fields = ("search_text",)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """His data, and what was agreed and done with him."""
        context = dict(extra_context or {})
        if object_id.isdecimal():
            zone = get_current_timezone()
            context |= {
                "papers": self._documents(request, int(object_id), zone),
                "deliveries": self._postings(request, int(object_id), zone),
            }
        return super().change_view(request, object_id, form_url, context)

    def _documents(self, request: HttpRequest, id: int, zone: Any) -> list[dict[str, Any]]:
        """His newest documents of each type that the actor may see."""
        return [
            {
                "title": page.opts.verbose_name_plural,
                "new": f"{page.url('add')}?{self.role}={id}"
                if page.has_add_permission(request)
                else "",
                "all": f"{page.url('changelist')}?{self.role}__id__exact={id}",
                "rows": self._of_type(page, request, id, zone),
            }
            for page in admin.site._registry.values()
            if isinstance(page, DocumentAdmin)
            and page.may(request, "view")
            and self.role in {field.name for field in page.opts.fields}
        ]

    def _of_type(
        self, page: DocumentAdmin, request: HttpRequest, id: int, zone: Any
    ) -> list[dict[str, Any]]:
        rows = page.get_queryset(request).filter(deleted_at=None, **{self.role: id})
        return [
            {
                "number": row.number,
                "url": page.url("change", row.pk),
                "state": state_shown(row.state),
                "reference": getattr(row, "reference", ""),
                "at": local(row.created_at, zone),
                "step": page.step(row, request),
            }
            for row in rows.order_by("-pk")[:SHOWN]
        ]

    def _postings(self, request: HttpRequest, id: int, zone: Any) -> dict[str, Any] | None:
        """The newest postings that name him; None for those who may see none."""
        if not request.user.has_perm("stock.view"):
            return None
        page = admin.site.get_model_admin(models.Posting)
        rows = page.get_queryset(request).filter(**{f"{self.role}_id": id}).order_by("-pk")
        url = reverse("admin:sms_posting_changelist")
        return {
            "all": f"{url}?{self.role}_id={id}",
            "rows": [
                {
                    "number": row.number,
                    "url": reverse("admin:sms_posting_change", args=[row.pk]),
                    "kind": worded(row.kind),
                    "reference": row.reference,
                    "document": row.document_number or "",
                    "at": local(row.occurred_at, zone),
                }
                for row in rows[:SHOWN]
            ],
        }
