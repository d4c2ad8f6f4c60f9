"""The browser libraries themselves, from the folder that the operator installed them in with npm.

Helder ships none of them: ``npm install --prefix <data folder>/libraries <package>`` brings one.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

from helder.api.collect.documents.document import Asked, Document, Found
from helder.api.collect.refused import Refused

FOLDER = "libraries"
"""In the data folder."""

_Finder: TypeAlias = Callable[[Asked], Found]
_HOUR = b"public, max-age=3600"
_FILE = r"([A-Za-z0-9_][A-Za-z0-9._-]*\.js)"


def _fixed(package: str, path: str, before: bytes = b"", after: bytes = b"") -> _Finder:
    """Return how one file of a package is found."""
    return lambda asked: _library(asked.libraries, package, path, (before, after))


def _named(package: str, folder: str) -> _Finder:
    """Return how a file that the address names is found; the pattern lets no other folder be named."""
    return lambda asked: _library(asked.libraries, package, f"{folder}/{asked.parts[-1]}", (b"", b""))


def _library(libraries: Path, package: str, path: str, around: tuple[bytes, bytes]) -> Found:
    """Return a file of an installed package.

    Raises:
        Refused: when the package is not installed, or has no such file.
    """
    root = libraries / "node_modules" / package
    if not root.is_dir():
        raise Refused(
            404,
            "library-not-installed",
            f"{package} is not installed here; the operator does so with: "
            f"npm install --prefix <data folder>/{FOLDER} {package}",
        )
    file = root / path
    try:
        return _read(file, file.stat().st_mtime_ns, around)
    except OSError as error:
        raise Refused(404, "not-found", f"the installed {package} has no file {path}") from error


@lru_cache(maxsize=64)
def _read(file: Path, _changed: int, around: tuple[bytes, bytes]) -> Found:
    """Return a file as an answer; ``_changed`` makes a file that was replaced be read anew."""
    body = around[0] + file.read_bytes() + around[1]
    tag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    return Found(body, b"text/javascript; charset=utf-8", _HOUR, tag, gzip.compress(body, 6, mtime=0))


_RUDDERSTACK = _fixed(
    "@rudderstack/analytics-js",
    "dist/npm/legacy/bundled/umd/index.js",
    # The package has a class where the page's snippet expects one object that takes over what the snippet queued.
    before=b"(function(){var queued=window.rudderanalytics;\n",
    after=b"\nvar RudderAnalytics=window.rudderanalytics.RudderAnalytics;"
    b"window.rudderanalytics=queued;window.rudderanalytics=new RudderAnalytics();})();\n",
)

DOCUMENTS = (
    Document(
        re.compile(r"(?:/analytics\.js/v1/[^/]+)?/analytics\.min\.js"),
        _fixed("@segment/analytics-next", "dist/umd/standalone.js"),
    ),
    Document(re.compile(rf"/analytics-next/bundles/{_FILE}"), _named("@segment/analytics-next", "dist/umd")),
    Document(re.compile(r"(?:/v3(?:/modern|/legacy)?)?/rsa\.min\.js"), _RUDDERSTACK),
    Document(re.compile(r"/p\.js"), _fixed("@jitsu/js", "dist/web/p.js.txt")),
    Document(re.compile(r"/array/[^/]+/array\.js"), _fixed("posthog-js", "dist/array.js")),
    Document(re.compile(rf"/static/[0-9]+[0-9.]*/{_FILE}"), _named("posthog-js", "dist")),
    # Not every name: Helder's own pages have theirs in this folder.
    Document(re.compile(r"/static/((?:array[a-z0-9.-]*|surveys|recorder|toolbar)\.js)"), _named("posthog-js", "dist")),
)
