"""From an error to an HTTP answer."""

from __future__ import annotations

from helder.api.errors import problem_of
from helder.errors import HelderError, Unavailable
from helder.integrate.mapping import MappingError
from helder.intelligence.segments.fault import RuleError


def test_a_special_error_has_the_status_of_what_it_is_a_kind_of() -> None:
    """A rule or a mapping that cannot be understood is the caller's to mend, and keeps its own code."""
    status, problem = problem_of(RuleError("rule.all[1]", "is wrong"))
    assert (status, problem.code) == (400, "bad-rule")
    assert problem_of(MappingError("shop.toml: is wrong"))[0] == 400


def test_what_cannot_be_answered_now_may_be_asked_again() -> None:
    """An answer that is not to be had now is 503, which clients try again."""
    assert problem_of(Unavailable("the ERP is locked"))[0] == 503


def test_nothing_of_an_unexpected_error_is_told() -> None:
    """A defect is told as such, without the words of its exception, which may hold personal data."""
    status, problem = problem_of(KeyError("jan@example.org"))
    assert (status, problem.code) == (500, "internal")
    assert "jan" not in problem.message


def test_an_error_of_no_known_kind_is_a_defect() -> None:
    """The root of the tree has no status of its own."""
    assert problem_of(HelderError("?"))[0] == 500
