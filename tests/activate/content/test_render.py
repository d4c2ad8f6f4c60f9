"""From a template to a mail."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.content.render import Mail, Rendering
from helder.activate.content.template import Template, TemplateFault, read_template

ZONE = ZoneInfo("Europe/Amsterdam")
SHIPPED = Path(__file__).resolve().parents[3] / "examples/workshop-campaign/template.toml"
OUT = '<mj-text><a href="{{ links.unsubscribe }}">weg</a></mj-text>'
VALUES: dict[str, Any] = {
    "person": {"greeting": "Noor"},
    "company": {"name": "Lentehof", "address": "Lindelaan 12, Utrecht"},
    "links": {"unsubscribe": "https://h.example/t/u/1", "preferences": "https://h.example/t/p/1"},
    "workshop": {"id": "w/1", "title": "Bollen & borders", "date": "2026-12-05", "price": 89, "site": "keuken"},
}


def template(inner: str, **fields: str) -> Template:
    body = f"<mjml><mj-body><mj-section><mj-column>{inner}{OUT}</mj-column></mj-section></mj-body></mjml>"
    return Template(**{"key": "t", "subject": "s", "mjml": body, **fields})


def fill(made: Template, values: dict[str, Any] = VALUES, pixel: str = "") -> Mail:
    return Rendering(made, ZONE).fill(values, lambda address: f"L({address})", pixel)


def shipped(**changes: Any) -> Mail:
    workshop = {**VALUES["workshop"], **changes.pop("workshop", {})}
    return fill(read_template(SHIPPED), {**VALUES, "workshop": workshop, **changes})


def test_the_shipped_mail_has_all_that_it_must() -> None:
    """Name, workshop, date, price, one button, company, postal address, two ways out, and why it was sent."""
    mail = shipped()
    assert mail.subject == "Noor, je plek bij Bollen & borders staat nog open"
    for text in (mail.html.replace("&amp;", "&"), mail.text):
        for part in ("Noor", "Bollen & borders", "zaterdag 5 december 2026", "€\xa089,00", "Lentehof", "Lindelaan 12"):
            assert part in text
        assert "https://h.example/t/u/1" in text
        assert "https://h.example/t/p/1" in text
        assert "Je krijgt deze mail omdat" in text
    button = "L(https://keuken.lentehof.example/workshops/w%2F1/aanmelden)"
    assert mail.html.count(button) == mail.text.count(button) == 1


@pytest.mark.parametrize("greeting", ["Noor", None])
def test_nobody_is_called_nothing(greeting: str | None) -> None:
    """Without a usable first name the mail says *Beste lezer* and the subject begins with *Je*."""
    mail = shipped(person={"greeting": greeting})
    assert mail.subject.startswith("Noor, je plek" if greeting else "Je plek")
    assert f"Beste {greeting or 'lezer'}," in re.sub(r"\s+", " ", mail.text)


def test_what_is_not_known_is_left_out() -> None:
    """Without a date and a price their lines are gone, in HTML and in text."""
    mail = shipped(workshop={"date": None, "price": None})
    assert "€" not in mail.html + mail.text
    assert "december" not in mail.html + mail.text


def test_a_site_that_somebody_made_up_leads_nowhere_else() -> None:
    """The host of the button is one of three, whatever an event claims."""
    mail = shipped(workshop={"site": "evil.example/?", "id": "../../x?y=1"})
    assert "L(https://tuin.lentehof.example/workshops/..%2F..%2Fx%3Fy%3D1/aanmelden)" in mail.html
    assert "evil" not in mail.html


def test_html_is_whole_whatever_the_names_are() -> None:
    """Every element that is opened is closed, with tags of Liquid between rows and cells of tables."""
    inner = "{% if person.greeting %}<mj-text>{{ person.greeting }}</mj-text>{% else %}<mj-text>x</mj-text>{% endif %}"
    for name in ("Noor", "<b>", '"><script>', "Zoë", "{{ settings }}", None):
        html = fill(template(inner), {**VALUES, "person": {"greeting": name}}).html
        check = Balanced()
        check.feed(html)
        assert check.open == []
        assert "<script" not in html


@given(name=st.text(max_size=30))
def test_no_value_can_bring_markup(name: str) -> None:
    """Whatever a person is called, the elements of the mail are the same."""
    plain, odd = (
        shape(fill(GREETING, {**VALUES, "person": {"greeting": each}}).html) for each in ("Noor", name or "x")
    )
    assert plain == odd


GREETING = template(
    '<mj-text css-class="{{ person.greeting }}">'
    '<a href="https://x.example/{{ person.greeting | url_encode }}">{{ person.greeting }}</a></mj-text>'
)


def test_links_are_led_and_nothing_else() -> None:
    """Web links are replaced, mail and telephone stay, and a script is no link."""
    hrefs = [
        "https://a.example/?x=1&amp;y=2",
        "HTTP://b.example",
        "mailto:l@x.example",
        "tel:+31",
        "javascript:alert(1)",
        "//c",
        "{{ bad }}",
    ]
    inner = "".join(f'<mj-text><a href="{each}">x</a></mj-text>' for each in hrefs)
    html = fill(template(inner), {**VALUES, "bad": "java\nscript:x"}).html
    found = re.findall(r'href="([^"]*)"', html)
    assert found[:-1] == [
        "L(https://a.example/?x=1&amp;y=2)",
        "L(HTTP://b.example)",
        "mailto:l@x.example",
        "tel:+31",
        "#",
        "#",
        "#",
    ]


def test_the_picture_and_the_preheader_are_in_their_places() -> None:
    """The line for the inbox comes first in the body, the picture that tells of opening last."""
    made = template("<mj-text>hi</mj-text>", preheader="Even {{ person.greeting }}")
    html = fill(made, pixel="https://h.example/t/o/1").html
    assert (
        0 < html.index("Even Noor") < html.index(">hi<") < html.index("https://h.example/t/o/1") < html.index("</body>")
    )
    assert "Even Noor" not in fill(made).text.split("hi")[1]


@pytest.mark.parametrize("greeting", ["Noor\r\nBcc: all@x.example", "a\x00b\x1bc", "x" * 5])
def test_a_subject_is_one_line(greeting: str) -> None:
    """Control characters in a value cannot begin a header."""
    subject = fill(
        template("", subject="Hi {{ person.greeting }}"), {**VALUES, "person": {"greeting": greeting}}
    ).subject
    assert subject.isprintable()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Template(key="t", subject="s", mjml="<mjml><mj-body></mj-body></mjml>"), "offers a way out"),
        (template("{% comment %}{{ links.unsubscribe }}{% endcomment %}"), ""),
        (Template(key="t", subject="s", mjml="<html>hi</html>"), "no MJML"),
        (Template(key="t", subject="s", mjml="<mjml><mj-body>"), "no MJML"),
        (template('<mj-include path="/etc/passwd" />'), "mj-include"),
        (template("", subject="{{ x"), "subject:"),
        (template("{% if x %}"), "body:"),
        (template("", preheader="{{ x | nope }}"), "body: there is no filter nope"),
    ],
)
def test_a_template_that_cannot_work_is_refused_at_once(made: Template, said: str) -> None:
    """What is wrong with a template is told when it is compiled, and names the part."""
    if not said:
        assert Rendering(made, ZONE)
        return
    with pytest.raises(TemplateFault) as caught:
        Rendering(made, ZONE)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("{{ person.last_nme }}", "body: person.last_nme is undefined"),
        ("{{ settings }}", "body: 'settings' is undefined"),
        ("{% for i in (1..999999999) %}x{% endfor %}", "body: loop iteration limit"),
    ],
)
def test_a_template_that_cannot_be_filled_is_told_by_name(inner: str, said: str) -> None:
    """A missing variable, the settings and an endless loop are faults that name what they are."""
    with pytest.raises(TemplateFault) as caught:
        fill(template(f"<mj-text>{inner}</mj-text>"))
    assert str(caught.value).startswith(said)


def test_an_empty_subject_is_no_mail() -> None:
    """A subject that comes out empty for somebody is a fault, not a mail without a subject."""
    with pytest.raises(TemplateFault, match="subject: is empty"):
        fill(template("", subject="{% if person.gone %}x{% endif %}"), {**VALUES, "person": {"gone": None}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('key = "k"\nsubject = "s"', "mjml"),
        ('key = "k"\nsubject = "s"\nmjml = "gone.mjml"', "gone.mjml"),
        ('key = "k"\nsubject = 1\nmjml = ""', "subject"),
        ('key = "k"\nsubject = "s"\nmjml = ""\ncolour = 1', "colour"),
        ("key = ", "template bad.toml"),
    ],
)
def test_a_file_that_is_no_template_is_told(text: str, said: str, tmp_path: Path) -> None:
    """A missing part, a missing file and a wrong type name the file and the field."""
    (tmp_path / "bad.toml").write_text(text, "utf-8")
    with pytest.raises(TemplateFault) as caught:
        read_template(tmp_path / "bad.toml")
    assert said in str(caught.value)


def test_a_template_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """A body of more than 100,000 characters is no mail."""
    (tmp_path / "long.mjml").write_text("x" * 100_001, "utf-8")
    (tmp_path / "long.toml").write_text('key = "k"\nsubject = "s"\nmjml = "long.mjml"', "utf-8")
    with pytest.raises(TemplateFault, match="longer than 100,000"):
        read_template(tmp_path / "long.toml")


def test_a_template_is_only_read_from_beside_its_file(tmp_path: Path) -> None:
    """A path is no name of a file beside: it is taken as the body itself, and is then no MJML."""
    (tmp_path / "t.toml").write_text('key = "k"\nsubject = "s"\nmjml = "../../etc/x.mjml"', "utf-8")
    assert read_template(tmp_path / "t.toml").mjml == "../../etc/x.mjml"


def test_no_font_or_style_is_fetched_from_elsewhere() -> None:
    """A mail asks no other server for anything: that would tell it who reads."""
    html = fill(template('<mj-text font-family="Open Sans, Roboto, Lato">hi</mj-text>')).html
    assert not re.findall(r"(?:src|href|url)\W{1,2}https?://(?!schemas)", html.replace("L(https", ""))
    assert "fonts.googleapis" not in html


class Balanced(HTMLParser):
    """Keeps what is open."""

    VOID = frozenset({"meta", "img", "br", "link", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class Shape(HTMLParser):
    """Keeps the elements and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))


def shape(html: str) -> list[tuple[str, ...]]:
    reader = Shape()
    reader.feed(html)
    return reader.seen


def test_a_template_survives_the_database() -> None:
    """It comes back from JSON as it went in."""
    made = read_template(SHIPPED)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Template) == made
