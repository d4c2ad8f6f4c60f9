"""Messages of the outbox made into mails; templates are compiled once a version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from helder.activate.content.render import Mail, Rendering
from helder.activate.content.template import Template, TemplateFault
from helder.activate.definitions import read_templates
from helder.activate.links import Links
from helder.activate.outbox import Message
from helder.settings import Settings
from helder.store.state import State


class Composed(msgspec.Struct, frozen=True):
    """A mail that is ready, and the template it was made of."""

    mail: Mail
    template: Template
    unsubscribe: str


class Composer:
    """Makes mails. Keeps every template version that it has seen."""

    def __init__(self, state: State, links: Links, settings: Settings) -> None:
        """Read templates from ``state``; the company's name and address are in ``settings``."""
        self._state = state
        self._links = links
        self._settings = settings
        self._renderings: dict[int, Rendering | TemplateFault] = {}

    def compose(self, messages: Sequence[Message], now: datetime) -> dict[int, Composed | TemplateFault]:
        """Return the mail of each message, by its id, or why it cannot be made (``now``: aware UTC)."""
        self._load({message.template_id for message in messages})
        return {message.envelope.id: self._mail(message, now) for message in messages}

    def _load(self, ids: set[int]) -> None:
        missing = ids - self._renderings.keys()
        if not missing:
            return
        with self._state.read() as connection:
            found = read_templates(connection, missing)
        for number in missing:
            self._renderings[number] = self._compiled(found.get(number))

    def _compiled(self, template: Template | None) -> Rendering | TemplateFault:
        if template is None:
            return TemplateFault("this version of the template is gone")
        try:
            return Rendering(template, self._settings.zone)
        except TemplateFault as fault:
            return fault

    def _mail(self, message: Message, now: datetime) -> Composed | TemplateFault:
        rendering = self._renderings[message.template_id]
        if isinstance(rendering, TemplateFault):
            return rendering
        number = message.envelope.id
        unsubscribe = self._links.unsubscribe(number, now)
        values = {**msgspec.json.decode(message.values), **self._ours(number, unsubscribe, now)}

        def link(address: str) -> str:
            return address if self._links.is_own(address) else self._links.click(number, address, now)

        try:
            mail = rendering.fill(values, link, self._links.open(number, now))
        except TemplateFault as fault:
            return fault
        return Composed(mail, rendering.template, unsubscribe)

    def _ours(self, number: int, unsubscribe: str, now: datetime) -> dict[str, Any]:
        """Return the values that every template has: the company, and the ways out."""
        company = {"name": self._settings.company, "address": self._settings.postal_address}
        return {
            "company": company,
            "links": {"unsubscribe": unsubscribe, "preferences": self._links.preferences(number, now)},
        }
