"""The same front door on FastAPI and uvicorn: the baseline of ``bench_collect``, as one would write it there.

Key lookup, parsing and inbox are Helder's own; only the framework and the server differ.
``python benchmarks/fastapi_door.py DATA PORT``.
"""

import base64
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException, Request

from helder.access.keys import Keys
from helder.clock import stored, system_clock
from helder.collect.event import Entry, Rejection
from helder.collect.inbox import Inbox
from helder.collect.item import Received
from helder.collect.parse import parse
from helder.store.state import open_state


def door(data: Path) -> FastAPI:
    """Return the application on the data folder ``data``."""
    app = FastAPI()
    inbox, keys = Inbox(data / "inbox.db"), Keys(open_state(data / "state.db"))

    @app.post("/v1/{kind}")
    async def collect(kind: str, request: Request) -> dict[str, bool]:
        credentials = request.headers.get("authorization", "").partition(" ")[2]
        key = keys.write_key(base64.b64decode(credentials).decode().partition(":")[0])
        if key is None:
            raise HTTPException(401, "the write key is unknown")
        received = Received(key.source, stored(system_clock()), "r", request.headers.get("user-agent", ""))
        parsed = parse(await request.body(), kind, received)
        if isinstance(parsed, Rejection):
            raise HTTPException(400, parsed.detail)
        await inbox.append_async(Entry(parsed.events, parsed.rejected))
        return {"success": True}

    return app


if __name__ == "__main__":
    uvicorn.run(door(Path(sys.argv[1])), port=int(sys.argv[2]), log_level="warning", loop="uvloop", http="httptools")
