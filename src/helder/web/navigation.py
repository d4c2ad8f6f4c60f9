"""The places that the workspace has, in the order of the menu."""

from __future__ import annotations

import msgspec

from helder.access.keys import Role


class Place(msgspec.Struct, frozen=True):
    """One entry of the menu."""

    path: str
    glyph: str
    label: str
    """In English; shown in the reader's language."""
    role: Role
    """Least role that may go there."""


def _(message: str) -> str:
    """Mark a text for translation."""
    return message


PLACES: tuple[Place, ...] = (
    Place("/", "chart-no-axes-combined", _("Result"), "viewer"),
    Place("/customers", "users", _("Customers"), "marketer"),
    Place("/segments", "blend", _("Segments"), "viewer"),
    Place("/settings", "settings", _("Settings"), "engineer"),
)

ACTIONS: tuple[Place, ...] = (Place("/me", "user-round", _("Your account"), "viewer"),)
"""Things to do that the palette offers beside the places."""
