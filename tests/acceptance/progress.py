"""Tells how far a long test is, to people who wait for it: `make acceptance` asks for it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

WIDTH = 32


@dataclass
class Progress:
    """A bar that is drawn over itself on a terminal; elsewhere a line for every tenth."""

    total: int
    title: str
    out: TextIO | None = None
    done: int = 0
    shown: int = -1
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def asked_for(cls, total: int, title: str) -> Progress:
        """Silent unless SMS_PROGRESS is set."""
        return cls(total, title, sys.stdout if os.environ.get("SMS_PROGRESS") else None)

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        if self.out is None:
            return
        terminal = self.out.isatty()
        reached = self.done * (100 if terminal else 10) // self.total
        if reached == self.shown:
            return
        self.shown = reached
        full = WIDTH * self.done // self.total
        bar = f"[{'#' * full}{'.' * (WIDTH - full)}]"
        seconds = time.monotonic() - self.began
        text = f"{self.title} {bar} {self.done}/{self.total}, {seconds:.0f} s"
        end = "\n" if not terminal or self.done == self.total else ""
        self.out.write(f"\r{text}{end}" if terminal else f"{text}{end}")
        self.out.flush()
