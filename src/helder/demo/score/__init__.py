"""The scorer: what Helder did, held against the truth. It never asks Helder for a number."""

from helder.demo.score.score import Score, score

__all__ = ["Score", "score"]
