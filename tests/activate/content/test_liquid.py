"""The sandbox: what a template may do, and what stops it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.content import liquid
from helder.activate.content.filters import ALLOWED
from helder.activate.content.liquid import Sandbox
from helder.activate.content.template import TemplateFault
from helder.clock import effort

ZONE = ZoneInfo("Europe/Amsterdam")
TEXT = Sandbox(language="nl", zone=ZONE, html=False)
HTML = Sandbox(language="nl", zone=ZONE, html=True)


def fill(source: str, sandbox: Sandbox = TEXT, **values: Any) -> str:
    return sandbox.compile(source, "body").fill(values)


def test_values_are_filled_in() -> None:
    """Nested values, conditions, loops and fallbacks work as Liquid documents them."""
    source = "{% for x in list %}{{ x.name | default: 'nobody' }}{% unless forloop.last %}, {% endunless %}{% endfor %}"
    assert fill(source, list=[{"name": "Noor"}, {"name": None}]) == "Noor, nobody"


@pytest.mark.parametrize("sandbox", [TEXT, HTML])
def test_html_is_escaped_where_it_is_html(sandbox: Sandbox) -> None:
    """A name cannot bring markup into a mail; in plain text it stays as it is."""
    name = '<script>alert("x")</script>'
    assert ("<script>" in fill("{{ name }}", sandbox, name=name)) == (sandbox is TEXT)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ settings }}", "body: 'settings' is undefined"),
        ("{{ settings.smtp_password }}", "body: 'settings' is undefined"),
        ("{{ person.first_nme }}", "body: person.first_nme is undefined"),
        ("a\nb\n{{ gone }}", "'gone' is undefined (line 3)"),
        ("{% if gone %}x{% endif %}", "'gone' is undefined"),
        ("{% for x in gone %}x{% endfor %}", "'gone' is undefined"),
        ("{{ person.__class__ }}", "is undefined"),
        ("{{ person.first_name.__class__.__mro__ }}", "is undefined"),
        ("{{ person['__init__'] }}", "is undefined"),
        ("{{ person.items }}", "is undefined"),
        ("{{ now }}", "'now' is undefined"),
        ("{{ today }}", "'today' is undefined"),
    ],
)
def test_what_is_not_given_is_not_there(source: str, said: str) -> None:
    """A missing variable is an error that names it; so is everything of Python, the settings and the clock."""
    with pytest.raises(TemplateFault) as caught:
        fill(source, person={"first_name": "Noor"})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% for i in (1..1000000000) %}x{% endfor %}", "loop iteration limit"),
        ("{% for i in (1..999) %}{% for j in (1..999) %}x{% endfor %}{% endfor %}", "loop iteration limit"),
        ("{% tablerow i in (1..100000000) %}x{% endtablerow %}", "loop iteration limit"),
        ("{% for i in (1..900) %}" + "x" * 1000 + "{% endfor %}", "output stream limit"),
        ("{% assign a = 'x' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}", "longer than 20,000"),
        ("{% assign n = 9 %}{% for i in (1..900) %}{% assign n = n | times: n %}{% endfor %}", "too great"),
        ("{{ '9e999999' | times: 1 }}", "no number"),
        ("{{ 7 | divided_by: 0 }}", "body:"),
        ("{{ 'x' | truncate: 'y' }}", "body:"),
    ],
)
def test_nothing_runs_away(source: str, said: str) -> None:
    """An endless loop, an endless text and an endless number end at once, with the limit that they met."""
    began = effort()
    with pytest.raises(TemplateFault) as caught:
        fill(source)
    assert said in str(caught.value)
    assert effort() - began < 2


def test_what_takes_too_long_is_stopped() -> None:
    """A template that does nothing but calculate within all other limits is stopped by the clock."""
    source = "{% for i in (1..1000) %}" + "{% assign a = i | plus: 1 %}" * 1500 + "{% endfor %}"
    began = effort()
    with pytest.raises(TemplateFault, match=r"more than 0\.5 seconds of work"):
        fill(source)
    assert effort() - began < 3


def test_a_pause_that_is_not_its_own_stops_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the clock may jump: the garbage of a large process was collected while a mail was made."""
    looks = iter([0.0, 9.0, 9.1])
    monkeypatch.setattr(liquid, "effort", lambda: next(looks, 9.2))
    assert fill("{{ name }} {{ name }} {{ name }}", name="Noor") == "Noor Noor Noor"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% if %}", "body:"),
        ("{{ a", "body:"),
        ("{% include 'x' %}", "body: "),
        ("{% render '/etc/passwd' %}", "body: "),
        ("{{ a | base64_decode }}", "there is no filter base64_decode"),
        ("{{ a | map: 'x' }}", "there is no filter map"),
        ("{{ 'now' | strftime }}", "there is no filter strftime"),
    ],
)
def test_what_cannot_work_is_refused_before_anybody_is_mailed(source: str, said: str) -> None:
    """Syntax, forbidden tags and unknown filters are found when the template is compiled."""
    with pytest.raises(TemplateFault) as caught:
        TEXT.compile(source, "body")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ '2026-12-05' | date }}", "zaterdag 5 december 2026"),
        ("{{ '2026-12-05T13:30:00Z' | time }}", "14:30"),
        ("{{ '2026-12-31T23:30:00Z' | date: 'short' }}", "01-01-2027"),
        ("{{ 89 | money }}", "€\xa089,00"),
        ("{{ '1234.5' | money }}", "€\xa01.234,50"),
        ("{{ 1234.5 | number }}", "1.234,5"),
        ("{{ nil | money }}{{ nil | date }}{{ '' | time }}", ""),
    ],
)
def test_dates_and_amounts_are_dutch(source: str, text: str) -> None:
    """Dates, times in the company's zone, and money are written as a Dutch reader expects them."""
    assert fill(source) == text


@pytest.mark.parametrize("source", ["{{ 'soon' | date }}", "{{ 'gratis' | money }}", "{{ '1e30' | money }}"])
def test_a_value_that_is_no_date_or_amount_is_told(source: str) -> None:
    """Better no mail than one with a wrong date."""
    with pytest.raises(TemplateFault):
        fill(source)


def test_english_is_english() -> None:
    """The language of the template decides, not the machine's."""
    english = Sandbox(language="en", zone=ZONE, html=False)
    assert fill("{{ '2026-12-05' | date }}, {{ 89 | money }}", english) == "Saturday, December 5, 2026, €89.00"


def test_the_variables_that_are_needed_are_known() -> None:
    """What must be given is read from the template; what it sets itself is not part of it."""
    filled = TEXT.compile("{% assign a = b.c %}{{ a }}{% for x in list %}{{ x.y }}{% endfor %}{{ b.d }}", "body")
    assert filled.variables() == {"b.c", "list", "b.d"}


PIECES = [
    "{{ a }}",
    "{{ a.b }}",
    "{% for x in a %}",
    "{% endfor %}",
    "{% if a %}",
    "{% endif %}",
    "{{ x | times: 9 }}",
    "<b>",
]
PIECES += [f"{{{{ a | {name} }}}}" for name in ALLOWED]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda each: st.lists(each, max_size=3)
)


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=6), value=JSON)
def test_any_template_gives_a_text_or_a_fault(pieces: list[str], value: object) -> None:
    """Whatever a template does with whatever value, the sender gets a text or one kind of error."""
    try:
        text = HTML.compile("".join(pieces), "body").fill({"a": value})
    except TemplateFault:
        return
    assert isinstance(text, str)
