"""What those found who looked whether stock and ledger agree."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditRun(models.Model):
    """One look at the whole ledger. `user` is empty where a command looked."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    username = models.CharField(max_length=120)
    is_clean = models.BooleanField("clean")
    counts = models.JSONField()
    findings = models.JSONField()
    heads = models.JSONField()

    class Meta:
        default_permissions = ()
        verbose_name = "check of the ledger"
        verbose_name_plural = "checks of the ledger"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} by {self.username}"
