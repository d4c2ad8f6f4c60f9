"""The plain text of a mail."""

from __future__ import annotations

from helder.activate.content.text import tidy, to_text


def test_blocks_become_lines_and_links_become_addresses() -> None:
    """A heading, a paragraph, a list, a link and a picture read as one would type them."""
    html = (
        "<html><head><title>T</title><style>a{}</style></head><body><h1>Kop</h1><p>Een  <b>twee</b>\ndrie</p>"
        '<ul><li>a</li><li>b</li></ul><a href="https://x.example">Hier</a> <a href="https://y.example">https://y.example</a>'
        '<img src="x" alt="Een tuin"><!--[if mso]><p>outlook</p><![endif]--></body></html>'
    )
    links = "Hier: \x02https://x.example\x03 \x02https://y.example\x03Een tuin"
    assert to_text(html) == f"Kop\n\nEen twee drie\n\na\nb\n{links}\n"


def test_text_has_no_holes() -> None:
    """At most one empty line in a row, and none at the ends."""
    assert tidy("\n\n a\n \n\t\n\nb \n\n") == "a\n\nb\n"


def test_no_full_stop_sticks_to_an_address() -> None:
    """Mail programs would take it for the end of the address; one within an address stays."""
    html = '<p>Kies <a href="https://x.example/a.b">zelf</a>. En <a href="https://y.example">lees</a>.</p><p>Dag.</p>'
    assert to_text(html) == "Kies zelf: \x02https://x.example/a.b\x03 En lees: \x02https://y.example\x03\n\nDag.\n"
