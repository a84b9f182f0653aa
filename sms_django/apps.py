"""The Django application that carries the stock management system."""

from django.apps import AppConfig


class SmsConfig(AppConfig):
    """Registers the tables under the label `sms`."""

    name = "sms_django"
    label = "sms"
    verbose_name = "Stock management"
    default_auto_field = "django.db.models.BigAutoField"
