"""The lines that the how-tos tell a company to change, run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.api.clients.conftest import Said
from tests.api.conftest import Door

PAGES = Path(__file__).parents[3] / "docs/how-to"
ADDRESS = "https://events.example.com"
SAID = {
    "segment python": 'analytics.track("u-1", "Seen")\nanalytics.flush()\nanalytics.join()',
    "segment js": 'analytics.track({ userId: "u-1", event: "Seen" });\nanalytics.closeAndFlush();',
    "rudderstack python": 'rudder_analytics.track("u-1", "Seen")\nrudder_analytics.flush()\nrudder_analytics.join()',
    "rudderstack js": 'client.track({ userId: "u-1", event: "Seen" });\nclient.flush().then(() => process.exit(0));',
    "jitsu js": 'jitsu.identify("u-1").then(() => jitsu.track("Seen"));',
    "posthog python": 'posthog.capture("Seen", distinct_id="u-1")\nposthog.shutdown()',
    "posthog js": 'posthog.capture({ distinctId: "u-1", event: "Seen" });\nposthog.shutdown();',
}
"""Page and language → what a program says after the lines of the page."""


def block(page: str, language: str) -> str:
    """Return the first block of a program on a page: not one for the browser."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return next(each for each in blocks if "import" in each or "require" in each)


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[pytest.mark.node] if what.endswith("js") else []) for what in SAID]
)
def test_the_line_to_change_is_right(said: Said, door: Door, tmp_path: Path, what: str) -> None:
    """A program that begins with the lines of the page reaches Helder."""
    page, language = what.split()
    lines = block(page, language)
    assert ADDRESS in lines
    text = lines.replace(ADDRESS, f"http://127.0.0.1:{door.port}").replace("KEY", door.key)
    program = tmp_path / ("program.py" if language == "python" else "program.cjs")
    program.write_text(f"{text}\n{SAID[what]}\n")
    assert [(event.name, event.user_id) for event in said(program) if event.type == "track"] == [("Seen", "u-1")]


@pytest.mark.node
@pytest.mark.parametrize("page", ["segment", "ga4"])
def test_the_command_of_the_page_is_right(door: Door, page: str) -> None:
    """The request by curl that the page shows is an order of ``u-1``."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.search(r"^    (curl .*?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    command = found[1].replace("\\\n", "").replace(ADDRESS, f"http://127.0.0.1:{door.port}").replace("KEY", door.key)
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == '{"success":true}'
    event = door.events()[-1]
    assert (event.name, event.user_id, event.currency) == ("Order Completed", "u-1", "EUR")
