"""Web sources: sites and apps that send events to the collector with a write key. Nothing is fetched from them."""

from __future__ import annotations


class Web:
    """The type of source whose mapping file says how its events are to be understood."""

    web = True


SOURCE = Web()
