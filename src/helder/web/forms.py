"""What a form holds, read once and bounded."""

from __future__ import annotations

import msgspec

from helder.errors import InvalidInput
from helder.web.app import AnyRequest

LONGEST = 20_000
"""Characters of one field."""
MOST = 5_000
"""Fields of one form."""


class Form(msgspec.Struct, frozen=True):
    """The fields of a form in the order of the document."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str, default: str = "") -> str:
        """Return the last value called ``name``, without spaces around it unless it is a password."""
        found = next((value for key, value in reversed(self.fields) if key == name), default)
        return found if name.startswith("password") else found.strip()

    def texts(self, name: str) -> list[str]:
        """Return every value called ``name``, in order."""
        return [value for key, value in self.fields if key == name]


async def read_form(request: AnyRequest) -> Form:
    """Return the form that ``request`` carries.

    Raises:
        InvalidInput: when it is larger than any form of ours.
    """
    found = [(key, value) for key, value in (await request.form()).multi_items() if isinstance(value, str)]
    if len(found) > MOST or any(len(value) > LONGEST for _, value in found):
        raise InvalidInput("this form is larger than Helder's own; open the page anew")
    return Form(tuple(found))
