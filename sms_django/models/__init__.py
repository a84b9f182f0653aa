"""All tables, by their bare names: `models.Brand` is the table, `Brand` the domain class."""

from sms_django.models.access import Role, User
from sms_django.models.catalogue import Barcode, Brand, Category, Product, Unit, Variant

__all__ = [
    "Barcode",
    "Brand",
    "Category",
    "Product",
    "Role",
    "Unit",
    "User",
    "Variant",
]
