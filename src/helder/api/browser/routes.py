"""All that a web page may ask, as routes."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from helder.activate.links import Links
from helder.api.app import Api
from helder.api.browser.plain import plain_routes
from helder.api.browser.script import helder_js
from helder.api.browser.sites import Sites
from helder.api.browser.visit import Visits, visit_route
from helder.clock import Clock


def browser_routes(api: Api, links: Links, clock: Clock) -> list[ControllerRouterHandler]:
    """Return the routes for pages."""
    sites, secure = Sites(api.state), api.settings.address.startswith("https:")
    visits = Visits(
        keys=api.keys,
        sites=sites,
        identifiers=api.identifiers,
        links=links,
        clock=clock,
        secure=secure,
    )
    return [helder_js, visit_route(visits), *plain_routes(api, sites, secure=secure)]
