"""The mapping files of the five sources, and the company's goal: what its people would have written themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from helder.demo.company.layout import HOSTS, LINK_SECRET, SITES, WRITE_KEYS

PERSON_DUTCH = """first_name = "voornaam"
infix = "tussenvoegsel"
last_name = "achternaam"
"""
ERP = """source = "erp"
name = {nl = "Boekhouding en abonnementen", en = "ERP"}
type = "sqlite"
mode = "live"
trust = 80
database = "erp.db"

[[object]]
object = "person"
table = "customers"
key = "customer_no"
changed = "updated_at"
[object.identifiers]
"customer:erp" = "customer_no"
email = ["email", "email_2"]
phone = "phone"
[object.fields]
first_name = "first_name"
infix = "infix"
last_name = "last_name"
gender = {column = "gender", values = {F = "female", M = "male"}}
birth_date = "birth_date"
street = "street"
house_number = "house_number"
postcode = "postcode"
city = "city"
country = "country"

[[object]]
object = "subscription"
table = "subscriptions"
key = "subscription_no"
[object.identifiers]
"customer:erp" = "payer_no"
[object.fields]
title = "title"
kind = "kind"
status = "status"
at = "started_on"
ends_at = "ended_on"
amount = {column = "price_cents", type = "money", unit = "cent", currency = "EUR"}

[[object]]
object = "invoice"
table = "invoices"
key = "invoice_no"
[object.identifiers]
"customer:erp" = "customer_no"
[object.fields]
amount = {column = "amount_cents", type = "money", unit = "cent", currency = "EUR"}
at = "invoiced_on"
paid_at = "paid_on"

[[object]]
object = "workshop_order"
table = "workshop_orders"
key = "order_no"
[object.identifiers]
"customer:erp" = "customer_no"
[object.fields]
workshop = "workshop"
season = "season"
places = "places"
status = "status"
amount = {column = "amount_cents", type = "money", unit = "cent", currency = "EUR"}
at = "ordered_at"
"""
SHOP = """source = "shop"
name = {nl = "Webwinkel", en = "Web shop"}
type = "files"
mode = "copied"
trust = 60

[[object]]
object = "person"
path = "customers.csv"
key = "customer_no"
changed = "gewijzigd_op"
[object.identifiers]
"customer:shop" = "customer_no"
email = ["email", "email_2"]
phone = "telefoon"
[object.fields]
first_name = "voornaam"
infix = "tussenvoegsel"
last_name = "achternaam"
gender = {column = "geslacht", values = {F = "female", M = "male"}}
birth_date = "geboortedatum"
street = "straat"
house_number = "huisnummer"
postcode = "postcode"
city = "plaats"
country = "land"

[[object]]
object = "consent"
path = "customers.csv"
key = "customer_no"
[object.identifiers]
"customer:shop" = "customer_no"
email = "email"
[object.fields]
purpose = {value = "events"}
channel = {value = "email"}
choice = {column = "optin", values = {ja = "yes", nee = "no"}}  # an empty cell is no choice
at = "optin_op"

[[object]]
object = "order"
path = "orders.csv"
key = "order_no"
[object.identifiers]
"customer:shop" = "customer_no"
[object.fields]
at = "besteld_op"
status = "status"
amount = {column = "totaal_cent", type = "money", unit = "cent", currency = "EUR"}

[[object]]
object = "order_line"
path = "lines.parquet"
key = ["order_no", "line_no"]
[object.fields]
order_key = "order_no"
product = "artikel"
title = "titel"
quantity = "aantal"
unit_price = {column = "prijs_cent", type = "money", unit = "cent", currency = "EUR"}
amount = {column = "prijs_cent", times = "aantal", type = "money", unit = "cent", currency = "EUR"}

[[object]]
object = "return"
path = "returns.csv"
key = "return_no"
[object.fields]
order_key = "order_no"
line = "line_no"
quantity = "aantal"
at = "geretourneerd_op"
reason = "reden"
"""
ACTIONS = ", ".join(
    f'{action} = "Email {name}"'
    for action, name in {"sent": "Sent", "open": "Opened", "click": "Link Clicked", "bounce": "Bounced"}.items()
)
NEWSLETTER = f"""source = "newsletter"
name = {{nl = "Nieuwsbrieven", en = "Newsletters"}}
type = "files"
mode = "copied"
trust = 40
link_secret = "{LINK_SECRET}"

[[object]]
object = "person"
path = "subscribers.csv"
key = "subscriber_no"
changed = "aangemeld_op"
[object.identifiers]
"subscriber:newsletter" = "subscriber_no"
email = "email"
[object.fields]
{PERSON_DUTCH}
[[object]]
object = "consent"
path = "consents.csv"
key = ["subscriber_no", "doel", "titel", "op"]
[object.identifiers]
"subscriber:newsletter" = "subscriber_no"
email = "email"
[object.fields]
purpose = "doel"
title = "titel"
channel = {{value = "email"}}
choice = {{column = "status", values = {{in = "yes", uit = "no"}}}}
at = "op"

[[object]]
object = "event"
path = "activity.csv"
key = "activity_no"
[object.identifiers]
"subscriber:newsletter" = "subscriber_no"
email = "email"
[object.fields]
name = {{column = "actie", values = {{{ACTIONS}}}}}
at = "op"
mailing = "mailing"
title = "titel"
"""
SERVICE = """source = "service"
name = {nl = "Klantenservice", en = "Customer service"}
type = "files"
mode = "copied"
trust = 30

[[object]]
object = "ticket"
path = "tickets.jsonl"
key = "ticket_no"
[object.identifiers]
email = "email"
"customer:erp" = "customer_no"
phone = "phone"
[object.fields]
kind = "kind"
status = "status"
subject = "subject"
at = "opened_at"
closed_at = "closed_at"

[[object]]
object = "consent"
path = "objections.jsonl"
key = "objection_no"
[object.identifiers]
email = "email"
"customer:erp" = "customer_no"
[object.fields]
purpose = "purpose"
channel = {value = "email"}
choice = "choice"
at = "at"
"""
EVENTS = """
[[event]]
name = "Products Searched"
label = {nl = "Gezocht", en = "Searched"}
phrase = {nl = ["gezocht", "op de site"], en = ["searched", "the site"]}

[[event]]
name = "Product Viewed"
label = {nl = "Artikel bekeken", en = "Product viewed"}
phrase = {nl = ["bekeken", "een artikel"], en = ["viewed", "a product"]}

[[event]]
name = "Signed In"
label = {nl = "Ingelogd", en = "Signed in"}
phrase = {nl = ["ingelogd", "op de site"], en = ["signed in", "on the site"]}

[[event]]
name = "Workshop Viewed"
label = {nl = "Workshop bekeken", en = "Workshop viewed"}
phrase = {nl = ["bekeken", "een workshop"], en = ["viewed", "a workshop"]}

[[event]]
name = "Workshop Registration Started"
label = {nl = "Aanmelding workshop begonnen", en = "Workshop registration started"}
phrase = {nl = ["begonnen", "aan een aanmelding voor een workshop"], en = ["started", "a workshop registration"]}

[[event]]
name = "Workshop Registration Completed"
label = {nl = "Aanmelding workshop afgerond", en = "Workshop registration completed"}
phrase = {nl = ["afgerond", "een aanmelding voor een workshop"], en = ["completed", "a workshop registration"]}
"""
NAMES = ("Tuin & Seizoen", "De Keukentafel", "Het Lange Pad")


def write(folder: Path, as_of: datetime) -> None:
    """Write all mapping files and the goal into ``folder/sources``."""
    (folder / "sources" / "goal.toml").write_text(goal(as_of), encoding="utf-8")
    texts = {"erp": ERP, "shop": SHOP, "newsletter": NEWSLETTER, "service": SERVICE}
    for number, site in enumerate(SITES):
        texts[site] = _site(number, site)
    for name, text in texts.items():
        (folder / "sources" / f"{name}.toml").write_text(text, encoding="utf-8")


def _site(number: int, site: str) -> str:
    """Return the mapping file of a web site."""
    return f"""source = "{site}"
name = {{nl = "Site {NAMES[number]}", en = "Site {NAMES[number]}"}}
type = "web"
mode = "copied"
trust = 20
write_key = "{WRITE_KEYS[number]}"
user_id_kind = "customer:shop"
hosts = ["{HOSTS[number]}"]
{EVENTS}"""


def goal(as_of: datetime) -> str:
    """Return the goal that the company is after, with the data it needs. Places count from a few days before."""
    this_year = date(as_of.year, 12, 15)
    until = this_year if as_of.date() < this_year else date(as_of.year + 1, 12, 15)
    return f"""# 400 places in the autumn workshops by 15 December, for at most 4 euros of marketing a place
key = "autumn-workshops"
label = {{nl = "Najaarsworkshops vol", en = "Fill the autumn workshops"}}
target = 400
unit = {{nl = "plaatsen", en = "places"}}
by = {until.isoformat()}
since = {(as_of.date() - timedelta(days=5)).isoformat()}
object = "workshop_order"
measure = "places"
max_cost = 4.0
currency = "EUR"

# Without these the goal cannot be served: who began and did not finish, who bought already (by phone too), who may be
# mailed about it and where, and who is to be left alone because of a complaint.
needs = [
    "Workshop Registration Started",
    "Workshop Registration Completed",
    "workshop_order.places",
    "workshop_order.amount",
    "workshop_order.at",
    "consent.purpose",
    "consent.choice",
    "consent.at",
    "person.email",
    "ticket.kind",
    "ticket.status",
]

# These may make it better: the salutation, who is worth most, what someone reads, and how far they must travel.
nice = [
    "person.first_name",
    "order.amount",
    "order.at",
    "subscription.title",
    "subscription.status",
    "person.postcode",
    "person.birth_date",
]
"""
