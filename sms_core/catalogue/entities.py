"""What the business trades in, and the rules its lists keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sms_core.shared.entities import MasterData
from sms_core.shared.text import tidy, tidy_text


@dataclass(kw_only=True)
class Brand(MasterData):
    """The name under which a maker sells; two live brands never share one."""

    name_of_kind: ClassVar[str] = "brand"

    name: str
    description: str = ""

    def check(self) -> None:
        self.name = tidy(self.name, "name")
        self.description = tidy_text(self.description, "description")
