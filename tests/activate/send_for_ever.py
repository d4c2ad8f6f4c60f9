"""A sender as a process of its own, to be killed: ``python send_for_ever.py <folder> <smtp port> <moment>``."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from helder.activate.channels.email.dispatch import Dispatch
from helder.activate.channels.email.sender import Sender
from helder.activate.composing import Composer
from helder.activate.links import Links
from helder.activate.people import People
from helder.settings import Settings
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import open_state


def main(folder: Path, port: int, moment: datetime) -> None:
    """Send until killed; the clock stands still, so that the test decides what times out."""
    state = open_state(folder / "state.db")
    settings = Settings(data=folder, smtp_port=port, smtp_connections=3, sender="L <l@lentehof.example>")
    people = People(Online(folder / "online.db", read_only=True), Hot(folder / "hot.db", read_only=True))
    dispatch = Dispatch(state, people, Composer(state, Links(b"k" * 32, settings.address), settings), settings)
    asyncio.run(Sender(state, dispatch, settings, lambda: moment).run())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
