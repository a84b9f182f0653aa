"""The back office: one module per capability; importing them registers their pages."""

from sms_django.admin import catalogue

__all__ = ["catalogue"]
