"""Every path of the API, one line each."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from sms_django.api import (
    access,
    catalogue,
    catalogue_products,
    company,
    counts,
    purchase_orders,
    purchasing,
    reorder,
    selling,
    stock,
    stock_corrections,
    stock_enquiries,
    stock_levels,
    stock_movements,
    stock_postings,
    stock_reservations,
    transfers,
)
from sms_django.api.access_sessions import MeViewSet, PasswordViewSet, TokenViewSet
from sms_django.api.root import RootViewSet

router = SimpleRouter()
# access
router.register("users", access.UserViewSet, basename="user")
router.register("roles", access.RoleViewSet, basename="role")
router.register("permissions", access.PermissionViewSet, basename="permission")
# catalogue
router.register("brands", catalogue.BrandViewSet, basename="brand")
router.register("categories", catalogue.CategoryViewSet, basename="category")
router.register("units", catalogue.UnitViewSet, basename="unit")
router.register("products", catalogue_products.ProductViewSet, basename="product")
router.register("variants", catalogue_products.VariantViewSet, basename="variant")
# stock
router.register("warehouses", stock.WarehouseViewSet, basename="warehouse")
router.register("locations", stock.LocationViewSet, basename="location")
router.register("lots", stock.LotViewSet, basename="lot")
router.register("reason-codes", stock.ReasonCodeViewSet, basename="reason-code")
router.register("stock/levels", stock_levels.LevelViewSet, basename="level")
router.register("stock/bins", stock_levels.BinViewSet, basename="bin")
router.register("stock/entries", stock_postings.EntryViewSet, basename="entry")
router.register("stock/postings", stock_postings.PostingViewSet, basename="posting")
router.register("stock/receipts", stock_movements.ReceiptViewSet, basename="receipt")
router.register("stock/openings", stock_movements.OpeningViewSet, basename="opening")
router.register("stock/issues", stock_movements.IssueViewSet, basename="issue")
router.register("stock/adjustments", stock_movements.AdjustmentViewSet, basename="adjustment")
router.register("stock/scraps", stock_movements.ScrapViewSet, basename="scrap")
router.register(
    "stock/customer-returns", stock_movements.CustomerReturnViewSet, basename="customer-return"
)
router.register(
    "stock/supplier-returns", stock_movements.SupplierReturnViewSet, basename="supplier-return"
)
router.register("stock/transfers", stock_movements.TransferViewSet, basename="transfer")
router.register("stock/revaluations", stock_corrections.RevaluationViewSet, basename="revaluation")
router.register("stock/reservations", stock_reservations.ReservationViewSet, basename="reservation")
router.register("stock/periods", stock_corrections.PeriodViewSet, basename="period")
# documents
router.register("suppliers", purchasing.SupplierViewSet, basename="supplier")
router.register("supplier-items", purchasing.SupplierItemViewSet, basename="supplier-item")
router.register("purchase-orders", purchase_orders.PurchaseOrderViewSet, basename="purchase-order")
router.register("customers", selling.CustomerViewSet, basename="customer")
router.register("sales-orders", selling.SalesOrderViewSet, basename="sales-order")
router.register("reorder/rules", reorder.ReorderRuleViewSet, basename="reorder-rule")
router.register("reorder/suggestions", reorder.SuggestionViewSet, basename="suggestion")
router.register("reorder/orders", reorder.ReorderOrderViewSet, basename="reorder-order")
router.register("stock-transfers", transfers.StockTransferViewSet, basename="stock-transfer")
router.register("stock-counts", counts.StockCountViewSet, basename="stock-count")

v1 = [
    path("", RootViewSet.as_view({"get": "index"}, name="Start"), name="api-root"),
    # access
    path("auth/token/", TokenViewSet.as_view({"post": "log_in"}), name="auth-token"),
    path("auth/token/refresh/", TokenViewSet.as_view({"post": "refresh"}), name="auth-refresh"),
    path("auth/token/revoke/", TokenViewSet.as_view({"post": "revoke"}), name="auth-revoke"),
    path("auth/me/", MeViewSet.as_view({"get": "me"}), name="auth-me"),
    path(
        "auth/password/", PasswordViewSet.as_view({"post": "change_password"}), name="auth-password"
    ),
    # company
    path(
        "company/",
        company.CompanyViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update"}
        ),
        name="company",
    ),
    path(
        "company/logo/",
        company.LogoViewSet.as_view({"put": "put_logo", "delete": "delete_logo"}),
        name="company-logo",
    ),
    # stock
    path(
        "stock/card/",
        stock_enquiries.CardViewSet.as_view({"get": "card"}, name="Card"),
        name="card",
    ),
    path(
        "stock/picks/",
        stock_enquiries.PickViewSet.as_view({"get": "picks"}, name="Picks"),
        name="picks",
    ),
    *router.urls,
]

urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
