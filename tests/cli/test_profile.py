"""``helder profile show``: a person, in the company's language and by the company's clock."""

from __future__ import annotations

import subprocess
import sys

import pytest

MAPPING = """
source = "shop"
name = { nl = "Winkel", en = "Shop" }
type = "files"
zone = "UTC"

[[object]]
object = "person"
path = "people.csv"
key = "id"
changed = "changed"
[object.identifiers]
"customer:shop" = "id"
email = "email"
[object.fields]
full_name = "name"
gender = "gender"
city = "city"

[[object]]
object = "order"
path = "orders.csv"
key = "id"
[object.identifiers]
"customer:shop" = "who"
[object.fields]
at = "at"
status = "status"
"""


def run(*words: str) -> str:
    """Type a command; return what it said."""
    done = subprocess.run([sys.executable, "-m", "helder", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data folder with two people of one name and an order."""
    folder = tmp_path_factory.mktemp("profile")
    (folder / "shop.toml").write_text(MAPPING)
    (folder / "people.csv").write_text(
        "id,email,name,gender,city,changed\n"
        "1,noor@x.example,Noor Bos,female,Utrecht,2026-11-02T23:30:00\n"
        "2,n.bos@y.example,Noor Bos,female,Breda,2026-11-02T23:30:00\n"
    )
    (folder / "orders.csv").write_text("id,who,at,status\nB7,1,2026-07-01T22:15:00,cancelled\n")
    data = folder / "data"
    data.mkdir()
    (data / "helder.toml").write_text('language = "en"\ntime_zone = "America/New_York"\n')
    run("source", "add", str(folder / "shop.toml"), "--data", str(data))
    return str(data)


def test_a_person_is_told_in_the_companys_language_and_time(data: str) -> None:
    """Values of closed choices have words, moments stand on the company's clock, and which clock is said."""
    said = run("profile", "show", "noor@x.example", "--data", data)
    assert "times in America/New_York" in said
    assert "Gender female shop 2026-11-02 18:30:00" in " ".join(said.split())
    assert "2026-07-01 18:15:00" in said
    assert "B7, cancelled" in said
    assert "timeline" in said


def test_the_option_goes_before_the_setting(data: str) -> None:
    """In Dutch everything is Dutch: labels, reasons, headings and values."""
    said = run("profile", "show", "noor@x.example", "--language", "nl", "--data", data)
    assert "tijden in America/New_York" in said
    assert "vrouw" in said
    assert "B7, geannuleerd" in said
    assert not [word for word in ("timeline", "Gender", "female", "times in", "value", "cancelled") if word in said]


def test_a_name_of_several_shows_whom_to_choose_from(data: str) -> None:
    """Name, town and a masked address tell them apart; the whole address is not shown to whoever guesses a name."""
    said = run("profile", "show", "Noor Bos", "--data", data)
    assert "(Noor Bos, Utrecht, n…@x.example)" in said
    assert "(Noor Bos, Breda, n…@y.example)" in said
    assert "noor@" not in said
