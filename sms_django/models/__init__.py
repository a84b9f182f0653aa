"""All tables, by their bare names: `models.Brand` is the table, `Brand` the domain class."""

from sms_django.models.access import LoginAttempt, Role, TokenFamily, User
from sms_django.models.catalogue import Barcode, Brand, Category, Product, Unit, Variant
from sms_django.models.company import Company

__all__ = [
    "Barcode",
    "Brand",
    "Category",
    "Company",
    "LoginAttempt",
    "Product",
    "Role",
    "TokenFamily",
    "Unit",
    "User",
    "Variant",
]
