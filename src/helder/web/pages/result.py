"""The result of the campaign that was started last: what it brought, the mails as sent, some of its people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
from litestar import Response, get

from helder.clock import aware
from helder.errors import NotFound
from helder.integrate.view import ProfileView
from helder.measure.result import Result
from helder.measure.samples import Sample
from helder.measure.uplift import Share, wilson
from helder.web.app import MAIL_POLICY, AnyRequest, pages_of, safety_headers
from helder.web.reader import needs
from helder.web.render import page
from helder.web.translate import Translator

_MICROS = 1_000_000
_OUTCOMES = ("sent", "holdout", "goal", "left", "skipped", "failed", "unknown")


class Campaign(msgspec.Struct, frozen=True):
    """The campaign as the worker tells it."""

    key: str
    name: str
    goals: tuple[str, ...]
    words: dict[str, str]
    people: tuple[ProfileView, ...]


class Group(msgspec.Struct, frozen=True):
    """One side of the comparison."""

    label: str
    share: Share
    second: bool

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of its share."""
        return wilson(self.share)


class GoalLine(msgspec.Struct, frozen=True):
    """The goal, for the page."""

    label: dict[str, str]
    unit: dict[str, str]
    by: date
    max_cost: float | None = None

    @property
    def most_micros(self) -> int | None:
        """Most that one unit may cost."""
        return None if self.max_cost is None else round(self.max_cost * _MICROS)


@get("/", include_in_schema=False, guards=[needs("viewer")])
async def show(request: AnyRequest) -> Response[str]:
    """Show the result."""
    worker = pages_of(request).worker
    campaign = await worker.call("campaign_newest", expect=Campaign | None)
    if campaign is None or not campaign.goals:
        return page(request, "message.html", _nothing_yet)
    result = await worker.call("campaign_result", expect=Result, journey=campaign.key, goal=campaign.goals[0])
    goal = await worker.call("goal_show", expect=GoalLine, key=campaign.goals[0])
    mails = await worker.call("campaign_samples", expect=list[Sample], journey=campaign.key)
    return page(request, "result/show.html", lambda t: _values(t, campaign, result, goal, mails))


@get("/mails/{number:int}", include_in_schema=False, guards=[needs("marketer")])
async def mail(request: AnyRequest, number: int) -> Response[str]:
    """Show one mail as it was sent, shut in: it may not run, load or open anything."""
    try:
        found = await pages_of(request).worker.call("mail_show", expect=Sample, number=number)
    except NotFound:
        return page(request, "message.html", _no_such_mail, status=404)
    return Response(found.html, media_type="text/html; charset=utf-8", headers=safety_headers(MAIL_POLICY))


def _values(
    t: Translator, campaign: Campaign, result: Result, goal: GoalLine, mails: list[Sample]
) -> Mapping[str, object]:
    """Return what the page is filled with."""
    groups = _groups(t, result)
    return {
        "campaign": campaign,
        "result": result,
        "goal": goal,
        "verdict": _verdict(t, result),
        "groups": groups,
        "scale": (scale := _scale(groups)),
        "marks": _marks(scale),
        "ends": _ends(t, result),
        "skips": _skips(t, result),
        "mails": [(each, aware(each.sent_at)) for each in mails],
        "until": aware(result.until),
    }


def _groups(t: Translator, result: Result) -> list[Group]:
    if result.uplift is None:
        return []
    mailed, held_out = result.uplift.mailed, result.uplift.held_out
    return [Group(t.gettext("Mailed"), mailed, second=False), Group(t.gettext("Left out"), held_out, second=True)]


def _scale(groups: list[Group]) -> float:
    """Return the share at the right-hand end of the chart: the next tenth beyond all intervals."""
    highest = max((group.interval[1] for group in groups), default=0.1)
    return min(1.0, (int(highest * 10) + 1) / 10)


def _marks(scale: float) -> list[float]:
    """Return the places of the chart's marks, as parts of its width: one a tenth, or every second."""
    tenths = round(scale * 10)
    return [tenth / tenths for tenth in range(0, tenths + 1, 1 if tenths <= 5 else 2)]


def _verdict(t: Translator, result: Result) -> str:
    """Return the result in one or two sentences."""
    if result.uplift is None:
        return t.gettext("Nobody was left out on purpose, so what the mail added cannot be told.")
    found = result.uplift
    said = {
        "mailed": t.percent(found.mailed.value),
        "held": t.percent(found.held_out.value),
        "places": t.number(round(result.roi.places.value)),
        "amount": t.money(round(result.roi.amount_micros.value), result.currency),
    }
    if not found.conclusive:
        return (
            t.gettext(
                "Not proven yet: %(mailed)s of those mailed registered against %(held)s of those left out, and with "
                "groups of this size that may be chance."
            )
            % said
        )
    if found.difference < 0:
        return (
            t.gettext(
                "The mail worked against you: %(mailed)s of those mailed registered against %(held)s of those left out."
            )
            % said
        )
    return (
        t.gettext(
            "The mail worked: %(mailed)s of those mailed registered against %(held)s of those left out. "
            "That is %(places)s extra places, worth %(amount)s."
        )
        % said
    )


def _ends(t: Translator, result: Result) -> list[tuple[str, int]]:
    """Return (label, people) of each way in which it ended; enrolments under way last."""
    labels = {
        "sent": t.gettext("Mailed"),
        "holdout": t.gettext("Left out on purpose"),
        "goal": t.gettext("Registered before the mail went out"),
        "left": t.gettext("No longer in the audience"),
        "skipped": t.gettext("Not mailed: no permission at that moment"),
        "failed": t.gettext("Refused by the receiving server"),
        "unknown": t.gettext("Unknown: cut off while sending"),
    }
    found = [(labels[key], result.tally.outcomes.get(key, 0)) for key in _OUTCOMES]
    found.append((t.gettext("Still under way"), result.tally.audience - result.tally.ended))
    return [(label, people) for label, people in found if people]


def _skips(t: Translator, result: Result) -> list[tuple[str, int]]:
    """Return (reason, people) of those who were not mailed."""
    labels = {
        "no_permission": t.gettext("never said yes"),
        "opted_out": t.gettext("opted out"),
        "suppressed": t.gettext("address bounces or complained"),
        "pressure": t.gettext("mailed recently"),
        "open_complaint": t.gettext("open complaint"),
        "no_address": t.gettext("no address"),
        "erased": t.gettext("forgotten on request"),
    }
    return [(labels.get(reason, reason.replace("_", " ")), people) for reason, people in result.tally.skipped.items()]


def _nothing_yet(t: Translator) -> dict[str, str]:
    return {
        "heading": t.gettext("No campaign yet"),
        "text": t.gettext("Save a goal, a segment and a journey and start it: its result appears here."),
    }


def _no_such_mail(t: Translator) -> dict[str, str]:
    return {
        "heading": t.gettext("This mail is not here"),
        "text": t.gettext("There is no mail with this number, or it was not sent."),
    }
