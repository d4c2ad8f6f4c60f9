"""Data centres by their networks."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.collect.event import Entry, Event
from helder.collect.networks import Networks, kept_out
from helder.errors import SettingsError

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as stores hold it


@given(
    networks=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)), max_size=20),
    address=st.integers(0, 2**32 - 1),
    near=st.integers(-2, 2),
)
def test_it_agrees_with_looking_at_each(networks: list[tuple[int, int]], address: int, near: int) -> None:
    """An address is in the list when it is in one of its networks, at every edge too."""
    listed = [IPv4Network((number, size), strict=False) for number, size in networks]
    held = Networks("\n".join(map(str, listed)), "x")
    edges = [int(edge) for each in listed for edge in (each.network_address, each.broadcast_address)]
    for number in (address, *edges):
        asked = IPv4Address(min(max(number + near, 0), 2**32 - 1))
        inside = any(asked in each for each in listed)
        assert held.holds(str(asked)) == inside
        assert held.holds(f"::ffff:{asked}") == inside


def test_the_file_as_people_write_it() -> None:
    """Comments, empty lines, single addresses and both versions; what is no address is in no network."""
    held = Networks("# ours\n\n192.0.2.0/24 # documentation\n2001:db8::/32\n198.51.100.7\n", "x")
    inside = ["192.0.2.255", "2001:db8::1", "[2001:db8::1]", "198.51.100.7", " 192.0.2.1 "]
    outside = ["192.0.3.0", "2001:db9::", "198.51.100.8", "", "unix:", "x" * 50, str(IPv6Address(1))]
    assert [each for each in inside if not held.holds(each)] == []
    assert [each for each in outside if held.holds(each)] == []


def test_a_wrong_line_is_told() -> None:
    """The start stops with the line's number and the file's name."""
    with pytest.raises(SettingsError, match=r"line 2 of centres\.txt"):
        Networks("192.0.2.0/24\n192.0.2.0/40", "centres.txt")


def test_what_is_kept_out_can_be_sent_again() -> None:
    """Each event becomes a rejection of its own, whole."""
    event = Event(message_id="m", type="page", name="A", source="s", at=NOON, received_at=NOON, anonymous_id="a")
    entry = kept_out(Entry([event]))
    assert (entry.events, [(each.reason, each.message_id) for each in entry.rejected]) == ([], [("data_centre", "m")])
    assert '"anonymousId":"a"' in entry.rejected[0].body
