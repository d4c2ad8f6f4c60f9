"""The whole path on a real shop: 541,909 order lines, a segment, a campaign from it, and the mails.

Data: UCI Online Retail (D. Chen, CC BY 4.0), read from a folder beside the project. It has no addresses: a people file
made here, and marked as made, gives each customer one, and a permission that one in four does not give.
"""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from helder.cli._demo.server import Server, free_port
from helder.demo.catcher import Catcher, caught
from helder.worker.client import Client

ROOT = Path(__file__).resolve().parents[2]
DATA = (
    Path(os.environ.get("HELDER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "transactions/online_retail.parquet"
)
# Where the data is absent this counts as slow, so that a run without slow tests leaves it out instead of skipping it.
pytestmark = [pytest.mark.timeout(300)] if DATA.is_file() else [pytest.mark.slow]

PEOPLE = """
source = "people"
name = { nl = "Verzonnen adressen", en = "Made-up addresses" }
type = "files"
mode = "copied"
trust = 50

[[object]]
object = "person"
path = "people.csv"
key = "customer"
[object.identifiers]
"customer:retail" = "customer"
email = "email"
[object.fields]
first_name = "first_name"

[[object]]
object = "consent"
path = "people.csv"
key = "customer"
[object.identifiers]
"customer:retail" = "customer"
email = "email"
[object.fields]
purpose = { value = "offers" }
channel = { value = "email" }
choice = "permission"
at = "asked_at"
"""
BOUGHT = {"field": "quantity", "op": "more_than", "value": 0}
RULE = {
    "all": [
        {"aggregate": "order_line", "measure": "days", "op": "at_least", "value": 3, "where": [BOUGHT]},
        {
            "aggregate": "order_line",
            "measure": "count",
            "op": "is",
            "value": 0,
            "since": "2011-10-10",
            "where": [BOUGHT],
        },
    ]
}
PURPOSES = '[[purpose]]\nkey = "offers"\nlabel = { nl = "Aanbiedingen", en = "Offers" }\n'
TEMPLATE = """
key = "come-back"
language = "en"
subject = "{{ person.first_name }}, we have missed you"
mjml = '''<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ person.first_name }}, it has been a while.</mj-text>
<mj-text><a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>'''
"""
JOURNEY = """
key = "come-back"
name = "Come back"
[enter]
segment = "lapsed"
[[step]]
id = "mail"
type = "email"
template = "come-back"
purpose = "offers"
"""


class Customers(msgspec.Struct):
    """What a query by hand says of the file."""

    every: set[int]
    lapsed: set[int]


@pytest.fixture(scope="module")
def customers() -> Customers:
    """Bought on three days or more, and nothing in the 60 days before 2011-12-09."""
    if not DATA.is_file():
        pytest.skip(f"{DATA.name} is not on this machine; set HELDER_SHARED_DATA to the folder that has it")
    raw = pq.read_table(DATA).to_pandas()
    bought = raw[raw.CustomerID.notna() & (raw.Quantity > 0)]
    days = bought.groupby("CustomerID").InvoiceDate.agg([lambda moments: moments.dt.date.nunique(), "max"])
    days.columns = ["days", "last"]
    lapsed = days[(days.days >= 3) & (days["last"] < "2011-10-10")].index
    return Customers({int(each) for each in raw.CustomerID.dropna().unique()}, {int(each) for each in lapsed})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, customers: Customers) -> Iterator[tuple[Path, Client]]:
    """A Helder that knows the shop and its customers' made-up addresses."""
    folder = tmp_path_factory.mktemp("retail")
    shutil.copyfile(DATA, folder / DATA.name)
    shutil.copyfile(ROOT / "examples/online-retail/shop.toml", folder / "shop.toml")
    _write(folder, customers.every)
    with Catcher(folder / "mails") as catcher:
        settings = {"smtp_host": catcher.host, "smtp_port": catcher.port, "smtp_tls": "never"}
        server = Server(folder / "helder", free_port(0), settings)
        client = server.ready()
        try:
            for name in ("shop", "people"):
                key = client.call("source_add", path=str(folder / f"{name}.toml"))
                client.call("source_sync", key=key)
            assert client.call("settle")
            yield folder, client
        finally:
            server.close()
            client.close()


def _write(folder: Path, every: set[int]) -> None:
    """Write the made-up people, and the campaign."""
    (folder / "people.toml").write_text(PEOPLE)
    with (folder / "people.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer", "first_name", "email", "permission", "asked_at"))
        for each in sorted(every):
            permission = "no" if each % 4 == 0 else "yes"
            writer.writerow(
                (each, f"Customer {each}", f"made-up-{each}@retail.example", permission, "2011-12-01T10:00:00")
            )
    for name, text in (("purposes", PURPOSES), ("template", TEMPLATE), ("journey", JOURNEY)):
        (folder / f"{name}.toml").write_text(text)


def test_the_segment_equals_a_query_by_hand(shop: tuple[Path, Client], customers: Customers) -> None:
    """The rule, as a marketer would build it, finds exactly those that a query over the file finds."""
    folder, client = shop
    client.call("segment_save", key="lapsed", name="Lapsed", rule=msgspec.json.encode(RULE).decode())
    answer = client.call("segment_count", key="lapsed")
    assert answer["total"] == len(customers.lapsed) == 420
    members = {str(each) for each in client.call("segment_members", key="lapsed", limit=100_000)}
    client.call("settle")
    client.call("identities_export", path=str(folder / "who.csv"))
    with (folder / "who.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "customer:retail"]
    assert {int(float(row["value"])) for row in rows if row["profile_id"] in members} == customers.lapsed


def test_the_campaign_reaches_those_who_said_yes(shop: tuple[Path, Client], customers: Customers) -> None:
    """Everybody in the segment ends as mailed or skipped, and mail goes to exactly those who gave permission."""
    folder, client = shop
    client.call("segment_save", key="lapsed", name="Lapsed", rule=msgspec.json.encode(RULE).decode())
    client.call("purposes_save", path=str(folder / "purposes.toml"))
    client.call("template_save", path=str(folder / "template.toml"))
    client.call("journey_save", path=str(folder / "journey.toml"))
    client.call("settle")
    client.call("journey_start", key="come-back")
    tally = _ended(client, len(customers.lapsed))
    mailed = {int(each.recipient.split("@")[0].removeprefix("made-up-")) for each in caught(folder / "mails")}
    assert mailed == {each for each in customers.lapsed if each % 4}
    assert tally["outcomes"]["sent"] == len(mailed) == len(caught(folder / "mails")) == 300
    assert tally["outcomes"]["skipped"] == 120
    assert sum(tally["outcomes"].values()) == tally["audience"] == len(customers.lapsed)


def _ended(client: Client, audience: int) -> dict[str, dict[str, int]]:
    """Wait until everybody has come to an end."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        tally = client.call("journey_tally", key="come-back")
        if tally["ended"] == tally["audience"] == audience:
            return tally
        time.sleep(0.2)
    raise AssertionError(f"after two minutes: {tally}")
