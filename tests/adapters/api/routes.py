"""Every route of the API as the tables of paths have it, so that no test can forget one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sms_django.api import urls

METHODS = ("get", "post", "put", "patch", "delete")
_PART = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """A path of the API and the view behind it."""

    template: str
    view: Any

    @property
    def actions(self) -> dict[str, str]:
        """The view's action for each method that the path takes."""
        found: dict[str, str] = self.view.actions
        return {method: action for method, action in found.items() if method in METHODS}

    @property
    def is_about_one(self) -> bool:
        """Whether the path names one thing."""
        return "{" in self.template

    @property
    def is_paper(self) -> bool:
        """Whether it answers PDF, or that there is nothing to print."""
        return self.actions.get("get") in getattr(self.view.cls, "papers", ())

    @property
    def collection(self) -> str:
        """The path of the list that the thing is in."""
        return self.template.partition("{")[0]

    def code(self, method: str) -> str | None:
        """The permission that the view declares for a method; fails where it declares none."""
        code: str | None = self.view.cls.permission_for(self.actions[method])
        return code

    def path(self, id: object = 1) -> str:
        """The path of the thing with this id."""
        return re.sub(r"\{\w+\}", str(id), self.template)

    def __str__(self) -> str:
        return self.template


def all_routes() -> list[Route]:
    """The routes under `/api/v1/`."""
    found = []
    for pattern in urls.v1:
        text = str(pattern.pattern).strip("^$").replace("\\Z", "")
        template = _PART.sub(lambda part: "{" + (part[1] or part[2]) + "}", text)
        found.append(Route(f"/api/v1/{template}", pattern.callback))
    return found


ROUTES = all_routes()
