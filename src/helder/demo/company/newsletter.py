"""The newsletter tool's export: subscribers, what they chose, and what became of the mailings."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import BinaryIO

from helder.demo.company import rates
from helder.demo.company.known import Choice, Known, iso
from helder.demo.company.layout import TITLES
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.records import Record, Register

SUBSCRIBERS = ("subscriber_no", "email", "voornaam", "tussenvoegsel", "achternaam", "aangemeld_op")
CONSENTS = ("subscriber_no", "email", "doel", "titel", "status", "op")
ACTIVITY = ("activity_no", "subscriber_no", "email", "mailing", "titel", "actie", "op")
STATUS = {"yes": "in", "no": "uit"}
# days before as_of of the last mailings of each title; the newest workshop mailing went to some subscribers only
MAILINGS = {"tuin": (12, 40, 68), "keuken": (15, 43, 71), "pad": (10, 38, 66)}


class Newsletter:
    """The export while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Begin the files."""
        self.rows = 0
        self._next_activity = 1
        self._subscribers: BinaryIO = (folder / "subscribers.csv").open("wb")
        self._subscribers.write((",".join(SUBSCRIBERS) + "\n").encode())
        self._files = [
            (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") for name in ("consents", "activity")
        ]
        self._consents, self._activity = (csv.writer(file, lineterminator="\n") for file in self._files)
        self._consents.writerow(CONSENTS)
        self._activity.writerow(ACTIVITY)

    def add(
        self, chance: random.Random, register: Register, starters: dict[int, Starter], known: Known, as_of: int
    ) -> None:
        """Add the subscribers of one chunk of people."""
        rows, own = register.rows["newsletter"], register.of["newsletter"]
        consents: list[tuple[object, ...]] = []
        activity: list[tuple[object, ...]] = []
        for row in rows:
            starter = starters.get(row.person)
            self._subscribers.write(_subscriber(chance, row, as_of))
            title = chance.choice(TITLES)
            choices = _choices(chance, row, title, starter, own[row.person] is row, as_of)
            known.choices += choices
            consents += [
                (row.number, row.email, each.purpose, each.title, STATUS[each.choice], iso(each.at)) for each in choices
            ]
            activity += self._mailings(chance, row, title, starter, own[row.person] is row, known, as_of)
        self._consents.writerows(consents)
        self._activity.writerows(activity)
        self.rows += len(rows) + len(consents) + len(activity)

    def close(self) -> None:
        """Finish the files."""
        for file in (self._subscribers, *self._files):
            file.close()

    def _mailings(
        self,
        chance: random.Random,
        row: Record,
        title: str,
        starter: Starter | None,
        own: bool,
        known: Known,
        as_of: int,
    ) -> list[tuple[object, ...]]:
        """Return what the tool saw of one subscriber: sent, opened, clicked or bounced."""
        made: list[tuple[object, ...]] = []
        bounces = starter is None and chance.random() < 0.015
        for days in MAILINGS[title]:
            made += self._mailing(chance, row, f"{title}-{days}", title, as_of - days * DAY, bounces)
        if chance.random() < 0.1 if starter is None else starter.state == "mailed" and own:
            at = as_of - int(DAY * (0.5 + chance.random() * 5.5))
            made += self._mailing(chance, row, "workshops-najaar", "", at, bounces)
            known.mailed.add(("subscriber:newsletter", row.number))
        return made

    def _mailing(
        self, chance: random.Random, row: Record, mailing: str, title: str, at: int, bounces: bool
    ) -> list[tuple[object, ...]]:
        """Return the activity that one mail leads to."""
        seen = [("sent", at)]
        if bounces:
            seen.append(("bounce", at + 4))
        elif chance.random() < 0.38:
            opened = at + int(60 + chance.random() * 30_000)
            seen.append(("open", opened))
            if chance.random() < 0.22:
                seen.append(("click", opened + 20))
        first = self._next_activity
        self._next_activity += len(seen)
        return [
            (first + n, row.number, row.email, mailing, title, action, iso(moment))
            for n, (action, moment) in enumerate(seen)
        ]


def _subscriber(chance: random.Random, row: Record, as_of: int) -> bytes:
    """Return a line of the subscribers' file; some with accents come in another encoding than the rest."""
    fields = (row.number, row.email, row.first, row.infix, row.last, iso(as_of - row.days * DAY))
    line = ",".join(f'"{each}"' if "," in each or '"' in each else each for each in fields) + "\n"
    if not line.isascii() and chance.random() < rates.CP1252:
        try:
            return line.encode("cp1252")
        except UnicodeEncodeError:
            return line.encode()  # an emoji, or a letter that Windows-1252 does not have
    return line.encode()


def _choices(
    chance: random.Random, row: Record, title: str, starter: Starter | None, own: bool, as_of: int
) -> list[Choice]:
    """Return what a subscriber chose, oldest first."""
    began = as_of - int(DAY * (330 + chance.random() * 1200))
    made = [("newsletter", title, "yes", began)]
    if starter is None:
        made += _free_choices(chance, title, began, as_of)
    elif own:
        made += _planned_choices(chance, starter, began, as_of)
    identity = ("subscriber:newsletter", row.number)
    return [Choice(identity, row.email, purpose, of, choice, at) for purpose, of, choice, at in made]


def _free_choices(chance: random.Random, title: str, began: int, as_of: int) -> list[tuple[str, str, str, int]]:
    """Return the choices of someone for whom the campaign plans nothing."""
    later = as_of - int(DAY * (3 + chance.random() * 320))
    made: list[tuple[str, str, str, int]] = []
    if chance.random() < 0.12:
        made.append(("newsletter", title, "no", later))
    luck = chance.random()
    if luck < 0.45:
        made.append(("events", "", "yes", began))
    if luck < 0.05 or luck > 0.95:
        made.append(("events", "", "no", later))
    if chance.random() < 0.3:
        made.append(("offers", "", "yes", began))
        if chance.random() < 0.1:
            made.append(("offers", "", "no", later))
    return made


def _planned_choices(
    chance: random.Random, starter: Starter, began: int, as_of: int
) -> list[tuple[str, str, str, int]]:
    """Return the choices that a starter's state needs; some who may be mailed once said no and came back."""
    later = as_of - int(DAY * (3 + chance.random() * 300))
    made: list[tuple[str, str, str, int]] = []
    if starter.ground == "newsletter":
        if chance.random() < 0.1:
            made.append(("events", "", "no", began - 40 * DAY))
        made.append(("events", "", "yes", began))
    if starter.objection == "newsletter":
        made.append(("events", "", "no", later))
    return made
