"""How often life is untidy here. Every rate of the demo company stands in this one file.

A rate is a share between 0 and 1 of what its comment names. ``docs/reference/demo-company.md`` explains them, and a
test measures each in a generated company.
"""

from __future__ import annotations

CHUNK = 25_000  # people made at a time; a chunk's content depends on the seed and its number only

# Who is in which source
ERP = 0.55  # of people, is a customer in the ERP
SHOP = 0.45  # of people, has an account in the web shop
NEWSLETTER = 0.50  # of people, subscribes to a newsletter
WEB = 0.78  # of people, visits a site

# Households and addresses
ALONE, PAIR = 0.45, 0.32  # of households, with one and with two members; the others have three or four
SAME_SURNAME = 0.80  # of housemates, bears the name of the first
FAMILY_EMAIL = 0.12  # of households of two or more, uses one e-mail address together
FAMILY_EMAIL_USED = 0.70  # of records of such people, carries that address
FAMILY_PHONE = 0.40  # of households of two or more, is in the ERP with one land line
OFFICE = 0.012  # of people, gives the info@ address of a small firm to the ERP
PLACEHOLDER = 0.002  # of ERP records, carries an address that a clerk made up to get past the form
MORE_ADDRESSES = 0.08  # of people, has two or three e-mail addresses

# Records
TYPO = 0.03  # of records, holds a typing error in one field
INFIX_ASTRAY = 0.15  # of names with a tussenvoegsel, has it in another field
MOVED = 0.04  # of people, is at the old address in one source
DUPLICATE = 0.06  # of people in a source, is in it twice
ERP_NO_EMAIL = 0.12  # of ERP records
ERP_NO_PHONE = 0.35  # of ERP records
SHOP_NO_PHONE = 0.50  # of shop records
EMOJI = 0.004  # of newsletter records, has one in the first name
MOJIBAKE = 0.25  # of shop records with an accent, was encoded twice
CP1252 = 0.25  # of newsletter records with an accent, is in Windows-1252 inside a UTF-8 file

# The web
BOTS = 0.05  # of web events, comes from a crawler
CLOCK_OFF = 0.02  # of devices, has a clock that is wrong by minutes to two days
DEVICE_ID = 0.03  # of people on the web, consented to a device id
LOGS_IN = 0.50  # of visitors with a shop account, logs in
LANDS = 0.45  # of visitors with a newsletter, comes in by a signed link
SHARED_BROWSER = 0.03  # of visitors who log in, has a housemate logging in on the same browser
SINGLE = 0.05  # of other web events, is sent as a request of its own

# The campaign
STARTERS = 0.06  # of people, started a registration in the last fortnight
PINNED = 0.85  # of starters, is tidy: one address and one name in every source
