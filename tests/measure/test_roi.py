"""Money and the distance to the goal, against sums done by hand."""

from __future__ import annotations

from datetime import date

from helder.govern.catalogue import Words
from helder.govern.goals import Goal
from helder.measure.roi import Sales, distance, roi
from helder.measure.uplift import Share, uplift
from helder.measure.words import summary

MICROS = 1_000_000
GOAL = Goal(
    key="autumn",
    label=Words("Najaar", "Autumn"),
    target=400,
    unit=Words("plaatsen", "places"),
    by=date(2026, 12, 15),
    max_cost=4.0,
)


def test_extra_places_and_euros_by_hand() -> None:
    """20% of 1,000 against 10% of 100, 1.5 places each at 100 euros: 150 extra places, 15,000 euros, 0.40 a place."""
    found = uplift(Share(200, 1000), Share(10, 100))
    worth = roi(found, Sales(people=210, places=315, amount_micros=31_500 * MICROS), 60 * MICROS)
    assert round(worth.places.value, 6) == 150
    assert round(worth.amount_micros.value) == 15_000 * MICROS
    assert worth.cost_per_place_micros is not None
    assert round(worth.cost_per_place_micros) == 400_000
    assert found is not None
    assert round(worth.places.low, 6) == round(found.low * 1500, 6)
    assert round(worth.places.high, 6) == round(found.high * 1500, 6)


def test_a_loss_has_no_cost_per_place() -> None:
    """When fewer of the mailed bought there is nothing to share the cost over, and it is not called cheap."""
    worth = roi(uplift(Share(1, 100), Share(5, 100)), Sales(people=6, places=6, amount_micros=6 * MICROS), MICROS)
    assert worth.places.value < 0
    assert worth.cost_per_place_micros is None


def test_nothing_sold_is_worth_nothing() -> None:
    """Without a sale there is no price, and nothing divides by zero."""
    worth = roi(None, Sales(people=0, places=0, amount_micros=0), MICROS)
    assert (worth.places.value, worth.amount_micros.value, worth.cost_per_place_micros) == (0, 0, None)


def test_a_goal_that_is_passed_is_not_negative() -> None:
    """More than the target is 0 to go, and a day that has passed is 0 days left."""
    assert (distance(400, 410, -3).to_go, distance(400, 410, -3).days_left) == (0, 0)
    assert distance(400, 100, 22).to_go == 300


def test_the_summary_says_when_nothing_is_certain() -> None:
    """An interval with zero in it is called inconclusive, and no extra places are claimed."""
    found = uplift(Share(6, 50), Share(3, 50))
    text = summary(
        found, roi(found, Sales(people=9, places=9, amount_micros=900 * MICROS), 0), distance(400, 9, 22), GOAL
    )
    assert text.startswith("Inconclusive: 12.0% of 50 against 6.0% of 50 held out (+6.0 points, 95% between ")
    assert "extra places that is cannot be told yet" in text


def test_the_summary_says_what_was_earned() -> None:
    """A conclusive result names places, euros, what a place cost against the most it may, and what is still to go."""
    found = uplift(Share(200, 1000), Share(10, 100))
    sales = Sales(people=210, places=210, amount_micros=21_000 * MICROS)
    text = summary(found, roi(found, sales, 60 * MICROS), distance(400, 210, 22), GOAL)
    assert "That is 100 extra places (between " in text
    assert "worth €10,000.00; cost €60.00, €0.60 each (within the most of €4.00)." in text
    assert text.endswith("The goal: 210 of 400 places, 190 to go in 22 days.")
    dear = summary(found, roi(found, sales, 900 * MICROS), distance(400, 210, 22), GOAL)
    assert "(above the most of €4.00)" in dear
