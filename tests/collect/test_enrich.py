"""Who is a crawler."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from helder.collect.enrich import is_crawler

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
PEOPLE = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/141.0.0.0",
    f"Mozilla/5.0 (Linux; Android 15; SM-S931B) {CHROME} SamsungBrowser/28.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {SAFARI} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
]
AGENTS = [
    *PEOPLE,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    "not curl/8.5.0",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "AdsBot-Google-Mobile",
    "Wget/1.21",
    "SSL Labs (https://www.ssllabs.com/about/assessment.html)",
    "",
]


@pytest.mark.parametrize("agent", AGENTS)
def test_the_quick_way_answers_as_the_patterns_do(agent: str) -> None:
    """Looking for plain text first changes no answer: every pattern tried as an expression says the same."""
    lines = (files("helder.collect") / "crawlers.txt").read_text("utf-8").splitlines()
    patterns = [line for line in lines if not line.startswith("# ")]
    assert len(patterns) > 1400
    assert is_crawler(agent) == any(re.search(pattern, agent) for pattern in patterns)


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_are_let_in(agent: str) -> None:
    """Browsers of people are no crawlers."""
    assert not is_crawler(agent)
