"""Who may be mailed, by the rule in ``docs/reference/demo-company.md``, decided from the source files alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from helder.demo.company.known import Choice, Identity
from helder.demo.company.truth import latest_choices
from helder.demo.score.emitted import Emitted


class Permissions:
    """Answers for an address whether it may be mailed.

    What forbids is looked for among all that usable keys link to the address: nobody could have known more. What allows
    is looked for among all that is truly the same person's: whoever found more than that was right.
    """

    def __init__(self, emitted: Emitted) -> None:
        """Index what was emitted by group of linked identities, and by person."""
        self._emitted = emitted
        self._linked = _indexed(emitted.choices, self._group)
        self._own = _indexed(emitted.choices, self._person)
        self._customers = {self._person(each) for each in emitted.customers}

    def _group(self, identity: Identity) -> object:
        """Return the group of an identity; what is not one person's own stands alone."""
        return self._emitted.links.find(identity) if identity in self._emitted.owner else identity

    def _person(self, identity: Identity) -> object:
        """Return the true person of an identity; what is not one person's own stands for itself."""
        return self._emitted.owner.get(identity, identity)

    def allowed(self, address: str, purpose: str) -> bool:
        """Tell whether the latest choices of an address, and of all that is linked to it, allow mail for a purpose.

        A no at any linked address forbids. Otherwise a yes allows; and without a choice, having bought something
        allows, as long as nothing whatever was said no to.
        """
        email = ("email", address.lower())
        linked = latest_choices(self._linked.get(self._group(email), []))
        if any(each.choice == "no" for each in linked if each.purpose == purpose):
            return False
        own = latest_choices(self._own.get(self._person(email), []))
        if any(each.choice == "yes" for each in own if each.purpose == purpose):
            return True
        return self._person(email) in self._customers and all(each.choice == "yes" for each in linked)


def _indexed(choices: Iterable[Choice], place: Callable[[Identity], object]) -> dict[object, list[Choice]]:
    """Return choices by the place of the number and of the address that they were made under, each once."""
    found: dict[object, list[Choice]] = defaultdict(list)
    for choice in choices:
        keys = [choice.identity, ("email", choice.email.lower())] if choice.email else [choice.identity]
        for each in dict.fromkeys(map(place, keys)):
            found[each].append(choice)
    return found
