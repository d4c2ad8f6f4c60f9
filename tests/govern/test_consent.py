from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from helder.govern.consent import CHUNK, Choice, append, history, latest
from helder.store.state import State, create_all, open_state

AT = datetime(2026, 11, 1, 9)  # noqa: DTZ001 - naive UTC, as stores hold it


def choice(identity: int = 1, days: int = 0, said: str = "yes", purpose: str = "events", title: str = "") -> Choice:
    return Choice(
        identity_id=identity,
        kind="email",
        value=f"{identity}@x.nl",
        purpose=purpose,
        channel="email",
        choice=said,
        at=AT + timedelta(days=days),
        recorded_at=AT + timedelta(days=100),
        source="test",
        title=title,
    )


def test_the_last_choice_holds_whatever_the_order_of_recording(state: State) -> None:
    """A no made later outweighs a yes that was recorded after it."""
    append(state, [choice(days=5, said="no")])
    append(state, [choice(days=1, said="yes")])
    assert [item.choice for item in latest(state, [1])] == ["no"]


def test_of_two_choices_at_one_moment_the_one_recorded_last_holds(state: State) -> None:
    """Equal moments are told apart by the order of recording."""
    append(state, [choice(said="yes")])
    append(state, [choice(said="no")])
    assert [item.choice for item in latest(state, [1])] == ["no"]


def test_titles_and_purposes_are_apart(state: State) -> None:
    """A choice for one title or purpose says nothing about another."""
    append(state, [choice(title="tuin"), choice(title="pad", said="no"), choice(purpose="offers", said="no")])
    held = {(item.purpose, item.title): item.choice for item in latest(state, [1])}
    assert held == {("events", "tuin"): "yes", ("events", "pad"): "no", ("offers", ""): "no"}
    assert [item.purpose for item in latest(state, [1], purpose="offers")] == ["offers"]


def test_the_same_choice_is_recorded_once(state: State) -> None:
    """Appending a file of choices again adds nothing, not even when it names a choice twice."""
    assert append(state, [choice(), choice(), choice(2)]) == 2
    assert append(state, [choice(), choice(2), choice(3)]) == 1
    assert len(history(state, [1, 2, 3])) == 3


def test_bulk_goes_in_chunks_with_pauses(state: State) -> None:
    """More than a chunk is written in several transactions, with a pause between them."""
    pauses: list[float] = []
    added = append(state, [choice(n) for n in range(CHUNK * 2 + 1)], pause=pauses.append)
    assert added == CHUNK * 2 + 1
    assert pauses == [0.02, 0.02]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 4), st.sampled_from(["yes", "no"]), st.sampled_from(["", "tuin"])),
        max_size=12,
    )
)
def test_latest_is_the_last_of_history(rows: list[tuple[int, int, str, str]]) -> None:
    """What holds is, for every identity and title, the last line of its history."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        state = open_state(Path(folder) / "state.db")
        create_all(state)
        for identity, days, said, title in rows:
            append(state, [choice(identity, days, said, title=title)])
        wanted = {(item.identity_id, item.title): item.choice for item in history(state, [1, 2, 3])}
        held = {(item.identity_id, item.title): item.choice for item in latest(state, [1, 2, 3])}
        state.close()
    assert held == wanted
