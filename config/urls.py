"""Where everything is: landing page, API, back office, health."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from sms_django import health
from sms_django.admin.own_password import change_own_password
from sms_django.admin.site import login
from sms_django.admin.work import work
from sms_django.media import media

urlpatterns = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("ping", health.ping, name="ping"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/login/", login),
    path("admin/password_change/", change_own_password),
    path("admin/work/", admin.site.admin_view(work), name="work"),
    path("admin/", admin.site.urls),
    path("api/", include("sms_django.api.urls")),
    path("media/<str:name>", media),
]

handler400 = "sms_django.api.errors.bad_request"
handler404 = "sms_django.api.errors.not_found"
handler500 = "sms_django.api.errors.server_error"
