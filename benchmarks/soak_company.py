"""The company of the soak: people who agreed to mails, a site, and a journey for who began to register."""

from __future__ import annotations

from pathlib import Path

import msgspec

from helder.worker.client import Client
from soak_load import BEGAN, PEOPLE, WRITE_KEY

_FILES = {
    "shop.toml": """
source = "shop"
name = {nl = "Winkel", en = "Shop"}
type = "files"
mode = "copied"
trust = 60

[[object]]
object = "person"
path = "people.csv"
key = "no"
[object.identifiers]
"customer:shop" = "no"
email = "email"
[object.fields]
email = "email"

[[object]]
object = "consent"
path = "people.csv"
key = ["no", "purpose"]
[object.identifiers]
"customer:shop" = "no"
email = "email"
[object.fields]
purpose = "purpose"
channel = {value = "email"}
choice = "choice"
at = "at"
""",
    "site.toml": f"""
source = "site"
name = {{nl = "Site", en = "Site"}}
type = "web"
mode = "copied"
trust = 20
write_key = "{WRITE_KEY}"
user_id_kind = "customer:shop"

[[event]]
name = "{BEGAN}"
label = {{nl = "Begonnen", en = "Began"}}
phrase = {{nl = ["begonnen", "aan een aanmelding"], en = ["begun", "a registration"]}}
""",
    "purposes.toml": '[[purpose]]\nkey = "events"\nlabel = {nl = "Evenementen", en = "Events"}\n',
    "hello.mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>Beste lezer, {{ company.name }} "
    '<a href="{{ links.unsubscribe }}">weg</a></mj-text></mj-column></mj-section></mj-body></mjml>',
    "template.toml": 'key = "hello"\nsubject = "Hallo"\nmjml = "hello.mjml"\n',
    "journey.toml": """
key = "hello"
name = "Hello"
[enter]
segment = "began"
[goal]
event = "Workshop Registration Completed"
[[step]]
type = "email"
template = "hello"
purpose = "events"
""",
}


def define(client: Client, folder: Path) -> None:
    """Write the company's files into ``folder``, connect its sources and start its journey."""
    for name, text in _FILES.items():
        (folder / name).write_text(text, "utf-8")
    people = range(PEOPLE)
    rows = (f"{number},p{number}@lezer.example,events,yes,2026-01-05 10:00" for number in people)
    (folder / "people.csv").write_text("\n".join(["no,email,purpose,choice,at", *rows]), "utf-8")
    for name in ("shop", "site"):
        client.call("source_add", path=str(folder / f"{name}.toml"))
    client.call("source_sync", key="shop")
    client.call("purposes_save", path=str(folder / "purposes.toml"))
    rule = msgspec.json.encode({"behaviour": BEGAN, "in_last": "30 days"}).decode()
    client.call("segment_save", key="began", name="Began", rule=rule)
    client.call("template_save", path=str(folder / "template.toml"))
    client.call("journey_save", path=str(folder / "journey.toml"))
    client.call("journey_start", key="hello")
