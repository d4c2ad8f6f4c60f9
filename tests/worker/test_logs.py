"""Structured logs."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from helder.worker.logs import JsonLines


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "helder.x", "levelname": "ERROR", "msg": message, "created": 0.0})
    vars(made).update(more)
    return made


def test_a_record_is_one_line_of_json() -> None:
    """With its moment in UTC, its level, where it is from, and what the caller added."""
    line = JsonLines().format(record("stage failed", stage="resolve", rows=3))
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "1970-01-01T00:00:00.000+00:00",
        "level": "error",
        "logger": "helder.x",
        "message": "stage failed",
        "stage": "resolve",
        "rows": 3,
    }


def test_a_traceback_is_told_by_its_kind_only() -> None:
    """The text of an error may quote somebody's address."""
    try:
        int("jan@example.nl")
    except ValueError:
        line = JsonLines().format(record("failed", exc_info=sys.exc_info()))
    assert json.loads(line)["error"] == "ValueError"
    assert "jan@" not in line


def test_the_level_of_the_settings_holds_for_all_loggers() -> None:
    """Nothing below it is written, from our loggers or those of libraries, and all on standard error."""
    code = """
import logging
from pathlib import Path
from helder.worker.logs import configure_logs
configure_logs("warning")
logging.getLogger("helder.a").info("no")
logging.getLogger("b").warning("yes", extra={"path": Path("/")})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert (json.loads(line)["message"], json.loads(line)["path"]) == ("yes", "/")
