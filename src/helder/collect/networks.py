"""Networks in which no people browse: data centres, from a list that the operator gives. Pure.

A browser that sends from a data centre is a program, or a person behind a private relay or a company's gateway: so this
is off unless a list is given, and what it keeps out is kept with its reason and can be sent again.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network

import msgspec

from helder.collect.event import Entry, Event, Rejection
from helder.collect.posted import AS_ITEM
from helder.collect.wire import wire
from helder.errors import SettingsError


class Networks:
    """Addresses of many networks, looked up in a fraction of a microsecond once an address was seen."""

    def __init__(self, text: str, name: str) -> None:
        """Read networks, one in CIDR notation a line; what follows a ``#`` is not read.

        Raises:
            SettingsError: naming the line that is no network; ``name`` is how the message calls the file.
        """
        four: list[IPv4Network] = []
        six: list[IPv6Network] = []
        for number, line in enumerate(text.splitlines(), 1):
            said = line.partition("#")[0].strip()
            try:
                found = ip_network(said, strict=False) if said else None
            except ValueError as error:
                raise SettingsError(f"data_centre_networks: line {number} of {name}: {error}.") from error
            if isinstance(found, IPv4Network):
                four.append(found)
            elif found is not None:
                six.append(found)
        self._ranges = {4: _ranges(list(collapse_addresses(four))), 6: _ranges(list(collapse_addresses(six)))}
        self.holds = lru_cache(maxsize=65_536)(self._holds)

    def _holds(self, address: str) -> bool:
        """Tell whether an address is in one of the networks; text that is no address is in none."""
        try:
            found = ip_address(address.strip().strip("[]"))
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        starts, ends = self._ranges[mapped.version]
        place = bisect_right(starts, int(mapped)) - 1
        return place >= 0 and int(mapped) <= ends[place]


def kept_out(entry: Entry) -> Entry:
    """Return what a browser in a data centre sent, with each event rejected."""
    return msgspec.structs.replace(entry, events=[], rejected=[*entry.rejected, *map(_refusal, entry.events)])


def _refusal(event: Event) -> Rejection:
    return Rejection(
        reason="data_centre",
        detail="sent by a browser in a data centre, by its network address",
        source=event.source,
        at=event.received_at,
        message_id=event.message_id,
        body=wire(event),
        posted=AS_ITEM,
    )


def _ranges(networks: list[IPv4Network] | list[IPv6Network]) -> tuple[list[int], list[int]]:
    """Return the first and the last address of each network, in order; they do not overlap."""
    starts = [int(each.network_address) for each in networks]
    return starts, [int(each.broadcast_address) for each in networks]
