"""Who may be mailed, by the rule in ``docs/reference/demo-company.md``, decided from the source files alone."""

from __future__ import annotations

from collections import defaultdict

from helder.demo.company.known import Choice, Identity
from helder.demo.company.truth import latest_choices
from helder.demo.score.emitted import Emitted


class Permissions:
    """Answers for an address whether it may be mailed about workshops."""

    def __init__(self, emitted: Emitted) -> None:
        """Index what was emitted by the group of linked identities."""
        self._emitted = emitted
        self._choices: dict[Identity, list[Choice]] = defaultdict(list)
        for choice in emitted.choices:
            for key in {choice.identity, ("email", choice.email.lower())} - {("email", "")}:
                self._choices[self._group(key)].append(choice)
        self._customers = {self._group(each) for each in emitted.customers}

    def _group(self, identity: Identity) -> Identity:
        """Return the group of an identity; what is not one person's own stands alone."""
        return self._emitted.links.find(identity) if identity in self._emitted.owner else identity

    def allowed(self, address: str, purpose: str) -> bool:
        """Tell whether the latest choices of the address, and of all that is linked to it, allow mail for a purpose.

        A no at any linked address forbids. Otherwise a yes allows; and without a choice, having bought something
        allows, as long as nothing whatever was said no to.
        """
        group = self._group(("email", address.lower()))
        latest = latest_choices(list({id(each): each for each in self._choices.get(group, ())}.values()))
        about = [each.choice for each in latest if each.purpose == purpose]
        if "no" in about:
            return False
        if "yes" in about:
            return True
        return group in self._customers and all(each.choice == "yes" for each in latest)
