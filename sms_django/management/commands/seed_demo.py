"""`manage.py seed_demo`: a small shop to look around in."""

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand

from sms_core.access.entities import system_actor
from sms_django.management.demo import DemoShop


class Command(BaseCommand):
    """Make the demo shop, in a database that has no products."""

    help = "Loads demo data: a shop with products, two warehouses, partners, and a few days' work."

    def handle(self, **options: Any) -> None:
        """Make it once; a second call changes nothing."""
        made = DemoShop(by=system_actor(uuid4().hex)).open()
        self.stdout.write("Demo data loaded." if made else "There are products already.")
