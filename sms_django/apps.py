"""The Django application that carries the stock management system."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SmsConfig(AppConfig):
    """Registers the tables under the label `sms`."""

    name = "sms_django"
    label = "sms"
    verbose_name = "Stock management"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sms_django.builtin import make_built_in_rows

        post_migrate.connect(make_built_in_rows, sender=self)
