"""A rule names only what the catalogue has, compared as its type allows."""

from __future__ import annotations

from typing import Any

import pytest

from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.check import check
from helder.intelligence.segments.fault import RuleError
from helder.intelligence.segments.parse import parse


@pytest.mark.parametrize(
    ("written", "path", "says"),
    [
        ({"all": [{"attribute": "citi", "value": "X"}]}, "rule.all[0].attribute", "'city'"),
        ({"behaviour": "Order Complete"}, "rule.behaviour", "'Order Completed'"),
        ({"sequence": "Nothing", "then": "Order Completed", "within": "1 day"}, "rule.sequence", "no event"),
        ({"sequence": "Order Completed", "then_not": "Nothing", "within": "1 day"}, "rule.then_not", "no event"),
        ({"aggregate": "orders"}, "rule.aggregate", "'order'"),
        ({"aggregate": "workshop_order"}, "rule.aggregate", "live sources only"),
        ({"aggregate": "order", "where": [{"field": "statuss", "value": "x"}]}, "rule.where[0].field", "'status'"),
        ({"aggregate": "order", "where": [{"field": "amount", "value": "x"}]}, "rule.where[0].value", "a number"),
        (
            {"aggregate": "order", "measure": "sum", "field": "status", "op": "is", "value": 1},
            "rule.field",
            "cannot be taken",
        ),
        (
            {"aggregate": "order", "measure": "last", "field": "at", "op": "contains", "value": "x"},
            "rule.op",
            "does not compare",
        ),
        ({"live": "erp", "object": "workshop"}, "rule.object", "no object"),
        (
            {"live": "erp", "object": "workshop_order", "where": [{"field": "place", "value": 1}]},
            "rule.where[0].field",
            "'places'",
        ),
        ({"attribute": "birth_date", "op": "contains", "value": "19"}, "rule.op", "does not compare"),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest(written: Any, path: str, says: str) -> None:
    """The error names the node, and what was probably meant."""
    with pytest.raises(RuleError) as caught:
        check(parse(written), base_catalogue())
    assert caught.value.path == path
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        {"attribute": "first_seen", "op": "in_last", "value": "30 days"},
        {"behaviour": "Page Viewed", "where": [{"field": "anything", "op": "at_least", "value": 1}]},
        {"aggregate": "order", "measure": "sum", "field": "amount", "op": "at_least", "value": 100},
        {"aggregate": "ticket", "op": "never", "where": [{"field": "status", "value": "open"}]},
        {"live": "erp", "object": "workshop_order", "where": [{"field": "places", "op": "at_least", "value": 1}]},
        {"permission": "events", "by": "email"},
        {"membership": "other"},
    ],
)
def test_what_exists_passes(written: Any) -> None:
    """A rule of things that are there is fine."""
    check(parse(written), base_catalogue())
