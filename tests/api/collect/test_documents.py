"""What clients fetch before they send, over real sockets."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import Door

ASKED = Path(__file__).parents[2] / "data/clients/asked.jsonl"


def asked() -> list[dict[str, Any]]:
    return [json.loads(line) for line in ASKED.read_text("utf-8").splitlines()]


@pytest.fixture
def package(door: Door) -> Path:
    """The folder of an installed client."""
    folder = door.data / "libraries/node_modules/@segment/analytics-next/dist/umd"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "standalone.js").write_text("window.standalone = 1;")
    (folder / "407.bundle.61efa1ac.js").write_text("window.bundle = 1;")
    (folder.parent / "secret.js").write_text("no")
    return folder


@pytest.mark.parametrize("question", asked(), ids=lambda question: question["method"] + question["path"])
def test_what_sdks_ask_first_is_answered_as_they_need(door: Door, question: dict[str, Any]) -> None:
    """Each recorded preflight allows the headers that it asks for; each settings document is there."""
    path, query = (question[part].replace("WK", door.key) for part in ("path", "query"))
    answer = door.http.request(question["method"], f"{path}?{query}", headers=question["headers"])
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    wanted = question["headers"].get("access-control-request-headers", "")
    allowed = answer.headers.get("access-control-allow-headers", "").replace(" ", "").split(",")
    assert set(filter(None, wanted.split(","))) <= set(allowed)
    if question["method"] == "OPTIONS":
        assert question["headers"]["access-control-request-method"] in answer.headers["access-control-allow-methods"]


def test_the_settings_send_events_to_the_host_that_was_asked(door: Door) -> None:
    """By the request, else as a proxy in front tells; they are not to be kept by one."""
    path = f"/v1/projects/{door.key}/settings"
    found = door.http.get(path)
    assert found.headers["cache-control"] == "no-store"
    segment = found.json()["integrations"]["Segment.io"]
    assert (segment["apiKey"], segment["apiHost"]) == (door.key, f"127.0.0.1:{door.port}/v1")
    assert segment["protocol"] == "http"
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "events.example.com"}
    segment = door.http.get(path, headers=proxied).json()["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("events.example.com/v1", "https")


@pytest.mark.parametrize("path", ["/v1/projects/nope/settings", "/sourceConfig/?writeKey=nope", "/sourceConfig/"])
def test_settings_are_for_holders_of_a_key(door: Door, path: str) -> None:
    """An unknown key is told so in the shape of all errors."""
    answer = door.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown-write-key")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("host", ["evil host", "a/b", 'x"y', "a?b"])
def test_a_host_that_is_none_is_not_repeated(door: Door, host: str) -> None:
    """What a stranger writes into the header does not come back in a document."""
    answer = door.http.get(f"/v1/projects/{door.key}/settings", headers={"X-Forwarded-Host": host})
    assert answer.status_code == 400
    assert host not in answer.text


@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags/?v=4", "/decide/?v=3"])
def test_no_flag_is_set(door: Door, path: str) -> None:
    """PostHog's clients get an empty set, and nothing is recorded of the screen."""
    answer = door.http.post(path, json={"token": "whatever", "distinct_id": "u-1"})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["flags"], found["featureFlags"], found["errorsWhileComputingFlags"]) == ({}, {}, False)
    assert found["sessionRecording"] is False


def test_posthog_settings_are_there_as_json_and_as_script(door: Door) -> None:
    """The token comes back as text and never as markup."""
    assert door.http.get("/array/KEY/config").json()["hasFeatureFlags"] is False
    script = door.http.get("/array/%3Cscript%3E%22x/config.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "<" not in script.text
    assert door.http.get("/api/surveys/?token=KEY").json() == {"surveys": []}


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("/analytics.js/v1/KEY/analytics.min.js", "@segment/analytics-next"),
        ("/v3/modern/rsa.min.js", "@rudderstack/analytics-js"),
        ("/p.js", "@jitsu/js"),
        ("/static/array.js", "posthog-js"),
    ],
)
def test_a_client_that_is_not_installed_is_said_so(door: Door, path: str, package: str) -> None:
    """404, with the command that installs it, and readable for pages of another origin."""
    answer = door.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "library-not-installed")
    assert f"npm install --prefix <data folder>/libraries {package}" in answer.json()["message"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_an_installed_client_is_served(door: Door, package: Path) -> None:
    """With and without the key in its address, packed, and not again to a browser that has it."""
    found = door.http.get("/analytics.js/v1/KEY/analytics.min.js")
    assert (found.status_code, found.text) == (200, "window.standalone = 1;")
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["content-type"] == "text/javascript; charset=utf-8"
    assert door.http.get("/analytics.min.js", headers={"Accept-Encoding": "identity"}).text == found.text
    again = door.http.get("/analytics.min.js", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert door.http.get("/analytics-next/bundles/407.bundle.61efa1ac.js").text == "window.bundle = 1;"
    assert door.http.head("/analytics.min.js").content == b""


def test_an_upgraded_client_is_served_anew(door: Door, package: Path) -> None:
    """A file that was replaced is read again."""
    door.http.get("/analytics.min.js")
    (package / "standalone.js").write_text("window.standalone = 2;")
    assert door.http.get("/analytics.min.js").text == "window.standalone = 2;"


@pytest.mark.parametrize(
    "name", ["..%2fsecret.js", "%2e%2e%2fsecret.js", "../secret.js", ".hidden.js", "none.js", "x.map", "a%00.js"]
)
def test_nothing_else_is_served(door: Door, package: Path, name: str) -> None:
    """No name leads out of the package's folder."""
    request = f"GET /analytics-next/bundles/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = door.raw(request.encode(), end=False)
    status = answer.split(b" ", 2)[1]
    assert status in {b"400", b"404"}
    assert not answer.endswith(b"no")


def test_what_is_fetched_is_not_put_or_deleted(door: Door) -> None:
    """Another method is told so."""
    answer = door.http.delete("/p.js")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


def test_helders_own_pages_keep_their_files(door: Door) -> None:
    """The folder that PostHog's client uses too is first of all Helder's."""
    assert door.http.get("/static/css/base.css").status_code == 200


def test_packed_is_what_it_was(door: Door, package: Path) -> None:
    """What is sent as gzip is the file."""
    with httpx.stream("GET", f"http://127.0.0.1:{door.port}/analytics.min.js") as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())) == (package / "standalone.js").read_bytes()
