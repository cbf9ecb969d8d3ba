"""Which route answers a path: looked up by how the path begins, where the framework would try all routes in turn."""

from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_FIXED = 3
"""Parts at the beginning of a path that hold no parameter: `/api/v1/devices`."""


class Signpost(BaseRoute):
    """All routes of the API as one, of which a request tries the few that its path can mean.

    Parameters stand behind the third part of a path and never hold a slash, so that two routes which differ in their
    first parts, or in how many parts they have, cannot both match.
    """

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        self._by_place: defaultdict[tuple[int, str], list[APIRoute]] = defaultdict(list)
        for route in routes:
            place = _place(route.path)
            if "{" in place[1] or ":path}" in route.path:
                msg = f"{route.path} has a parameter where its fixed beginning should be"
                raise ValueError(msg)
            self._by_place[place].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that matches, or else the first one that knows the path with another method."""
        found: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http":
            return found
        for route in self._by_place.get(_place(scope["path"]), ()):
            answer = route.matches(scope)
            if answer[0] is Match.FULL:
                return answer
            if found[0] is Match.NONE:
                found = answer
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the route that matched."""
        await scope["route"].handle(scope, receive, send)


def _place(path: str) -> tuple[int, str]:
    """How many parts a path has, and its beginning."""
    parts = path.split("/")
    return len(parts), "/".join(parts[: _FIXED + 1])
