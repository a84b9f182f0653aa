"""Archive and restore: what the back office does instead of deleting, one or many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import model_ngettext, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from sms_core.shared.errors import DomainError
from sms_django.admin.filters import ArchivedFilter

BULK_LIMIT = 500
MANY = 10


class Archiving:
    """The part of a page about rows with `deleted_at`; `archive` and `restore` are use cases."""

    actions: ClassVar[Any] = ["archive_selected", "restore_selected"]

    def archive(self, request: HttpRequest, id: int) -> None:
        """Take one out of use."""
        self.service.delete(id, by=self.actor(request))

    def restore(self, request: HttpRequest, id: int) -> None:
        """Bring an archived one back."""
        self.service.restore(id, by=self.actor(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.archive(request, obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset.order_by("pk"):
            self.archive(request, obj.pk)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        return [self.log_change(request, obj, "Archived.") for obj in queryset]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Archiving takes nothing else along that the clerk would have to confirm."""
        return [str(obj) for obj in objs], {}, set(), []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_restore"] = self.may(request, "delete")
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, {"title": "Archive"})
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return redirect(self.url("change", object_id))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What a colleague archived meanwhile is still let through to the core, which says so.
        frozen = request.method != "POST" and getattr(obj, "deleted_at", None) is not None
        return not frozen and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        archived = getattr(obj, "deleted_at", None) is not None
        return not archived and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        restore = path(
            "<path:object_id>/restore/",
            self.admin_site.admin_view(self.restore_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_restore",
        )
        return [restore, *super().get_urls()]

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring the row back, if the core agrees."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may(request, "delete"):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        done, refusals = self._each(request, [obj], self.restore, "Restored.")
        self._report(request, done, refusals, "restored")
        return redirect(self.url("change", object_id))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        words = f"The {self.opts.verbose_name} “{obj_display}” is archived. It can be restored."
        self.message_user(request, words, messages.SUCCESS)
        filters = self.get_preserved_filters(request)
        context = {"preserved_filters": filters, "opts": self.opts}
        return redirect(add_preserved_filters(context, self.url("changelist")))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        unfit = "restore_selected" if _lists_live(request) else "archive_selected"
        return {n: a for n, a in actions.items() if n not in {unfit, "delete_selected"}}

    @admin.action(description="Archive the chosen ones", permissions=["delete"])
    def archive_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask once, then archive each that nothing needs, and say of the others what does."""
        chosen = list(queryset.order_by("pk")[: BULK_LIMIT + 1])
        if len(chosen) > BULK_LIMIT:
            words = f"Choose at most {BULK_LIMIT} at once; nothing is archived."
            self.message_user(request, words, messages.ERROR)
            return None
        if not request.POST.get("post"):
            return self._ask(request, chosen)
        done, refusals = self._each(request, chosen, self.archive, "Archived.")
        self._report(request, done, refusals, "archived")
        return None

    @admin.action(description="Restore the chosen ones", permissions=["delete"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Bring back each whose name is still free."""
        chosen = list(queryset.order_by("pk")[:BULK_LIMIT])
        done, refusals = self._each(request, chosen, self.restore, "Restored.")
        self._report(request, done, refusals, "restored")

    def _ask(self, request: HttpRequest, chosen: list[Any]) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Archive {len(chosen)} {model_ngettext(self.opts, len(chosen))}?",
            "chosen": chosen,
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/archive_selected.html", context)

    def _each(
        self,
        request: HttpRequest,
        chosen: Iterable[Any],
        do: Callable[[HttpRequest, int], None],
        entry: str,
    ) -> tuple[int, list[str]]:
        """Do it to each by itself; how many it was done to, and why not to the others."""
        done, refusals = 0, []
        for obj in chosen:
            try:
                with transaction.atomic():  # the change and its line in the history
                    do(request, obj.pk)
                    self.log_change(request, obj, entry)
                done += 1
            except DomainError as refusal:
                refusals.append(f"“{obj}”: {refusal.detail}")
        return done, refusals

    def _report(self, request: HttpRequest, done: int, refusals: list[str], word: str) -> None:
        if done:
            words = f"{done} {model_ngettext(self.opts, done)} {word}."
            self.message_user(request, words, messages.SUCCESS)
        for sentence in refusals[:MANY]:
            self.message_user(request, f"Not {word}: {sentence}", messages.ERROR)
        if more := refusals[MANY:]:
            self.message_user(request, f"{len(more)} more were not {word}.", messages.ERROR)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), *([ArchivedFilter] if self.archives else [])]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = super().get_list_display(request)
        return [*columns, "deleted_at"] if self.archives and not _lists_live(request) else columns


def _lists_live(request: HttpRequest) -> bool:
    return request.GET.get(ArchivedFilter.parameter_name) != "yes"
