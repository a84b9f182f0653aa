"""All tables, by their bare names: `models.Brand` is the table, `Brand` the domain class."""

from sms_django.models.access import Role, User
from sms_django.models.catalogue import Brand

__all__ = [
    "Brand",
    "Role",
    "User",
]
