"""Verify the ledger: the page with the last result and the heads of the warehouses."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from config.container import Injected
from sms_core.shared.errors import Forbidden
from sms_core.stock.audit import PROMISES, AuditService
from sms_django import models
from sms_django.actors import actor_of
from sms_django.admin.base import UnfoldModelAdminViewMixin

# Above this it takes longer than a browser should wait; the command has no such limit.
MOST_ENTRIES = 200_000


class VerifyView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]
    """Shows what the last look at the ledger found, and takes another."""

    audits = Injected(AuditService)
    title = "Verify the ledger"
    permission_required = ("stock.verify",)
    template_name = "sms/verify.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            last = self.audits.last(by=actor_of(request))
        except Forbidden as refusal:
            return self._page(refusal=refusal.detail)
        return self._page(audit=last, may_run=self._is_small())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self._is_small():
            messages.error(request, "This ledger is large: run manage.py verify_ledger instead.")
            return redirect("admin:sms_entry_verify")
        try:
            audit = self.audits.run(by=actor_of(request))
        except Forbidden as refusal:
            return self._page(refusal=refusal.detail)
        if audit.is_clean:
            messages.success(request, "Every promise of the ledger holds.")
        else:
            messages.error(request, f"The ledger is wrong in {len(audit.findings)} ways.")
        return redirect("admin:sms_entry_verify")

    def _page(self, **context: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, opts=models.Entry._meta, promises=PROMISES)

    def _is_small(self) -> bool:
        return models.Entry.objects.count() <= MOST_ENTRIES
