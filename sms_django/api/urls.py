"""Every path of the API, one line each."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from sms_django.api import catalogue
from sms_django.api.root import RootViewSet

router = SimpleRouter()
# catalogue
router.register("brands", catalogue.BrandViewSet, basename="brand")

v1 = [
    path("", RootViewSet.as_view({"get": "index"}), name="api-root"),
    *router.urls,
]

urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
