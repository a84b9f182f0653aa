"""The back office: one module per capability; importing them registers their pages."""

from django.contrib import admin
from django.contrib.auth.models import Group

from sms_django.admin import (
    access,
    catalogue,
    catalogue_products,
    company,
    counts,
    customers,
    purchasing,
    reorder,
    selling,
    stock,
    stock_places,
    stock_postings,
    stock_promises,
    stock_values,
    suppliers,
    transfers,
)
from sms_django.admin.site import LoginForm

__all__ = [
    "access",
    "catalogue",
    "catalogue_products",
    "company",
    "counts",
    "customers",
    "purchasing",
    "reorder",
    "selling",
    "stock",
    "stock_places",
    "stock_postings",
    "stock_promises",
    "stock_values",
    "suppliers",
    "transfers",
]

admin.site.login_form = LoginForm
admin.site.unregister(Group)  # our roles take its place
