from __future__ import annotations

from helder.govern.catalogue import Words
from helder.govern.purposes import Purpose, read_purposes, save_purposes
from helder.store.state import State


def test_purposes_are_added_and_changed(state: State) -> None:
    """A purpose saved again under its key is changed, not doubled."""
    offers = Purpose("offers", Words("Aanbiedingen", "Offers"), "yes")
    save_purposes(state, [Purpose("events", Words("Evenementen", "Events")), offers])
    save_purposes(state, [Purpose("events", Words("Workshops", "Workshops"))])
    found = read_purposes(state)
    assert list(found) == ["events", "offers"]
    assert found["events"] == Purpose("events", Words("Workshops", "Workshops"), "no")
    assert found["offers"].soft_opt_in == "yes"
