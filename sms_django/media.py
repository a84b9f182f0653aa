"""Pictures as they are served: under names that nobody can guess, so without a log-in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """The picture with this name. A changed picture has another name, so it may be kept."""
    response = serve(request, name, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
