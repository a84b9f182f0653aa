"""`manage.py start`: from a fresh checkout to a served application."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.container import Injected
from sms_core.access.services import UserService
from sms_django.management import assets


class Command(BaseCommand):
    """Prepare the database and the static files, then serve until told to stop."""

    users = Injected(UserService)
    help = "Prepares this machine's database and serves the application in the foreground."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 8000)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        """Do what is not done yet; on a second start that is nothing."""
        refuse_taken(host, port)
        call_command("migrate", verbosity=0, interactive=False)
        if self.users.is_first_start():
            # The owner comes last: what fails before is done again by the next start.
            if os.environ.get("SMS_DEMO", "1") != "0":
                self.stdout.write("Loading demo data ...")
                call_command("seed_demo", stdout=self.stdout)
            call_command("first_owner", stdout=self.stdout)
        assets.collect_if_changed()
        self.announce(host, port)
        serve(host, port)

    def announce(self, host: str, port: int) -> None:
        """Tell where to go."""
        base = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104
        for what, where in (
            ("Start page", "/"),
            ("Back office", "/admin/"),
            ("Browsable API", "/api/v1/"),
            ("API documentation", "/api/docs/"),
        ):
            self.stdout.write(f"  {what:<18} {base}{where}")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()


def refuse_taken(host: str, port: int) -> None:
    """Say so before anything else when another program listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({error.strerror}); set HOST or PORT."
            ) from error


def serve(host: str, port: int) -> None:
    """Become the server: signals then reach it directly, and its workers end with it."""
    sys.stdout.flush()
    arguments = [
        "--interface",
        "wsgi",
        "--no-ws",
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
    ]
    where = ["--host", host, "--port", str(port), "config.wsgi:application"]
    os.execv(sys.executable, [sys.executable, "-m", "granian", *arguments, *where])  # noqa: S606
