#!/usr/bin/env python
"""Run the commands of the stock management system."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # one sentence helps more than its stack trace
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
