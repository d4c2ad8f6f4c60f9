"""Who is held out: decided once for an identity and a journey, and the same ever after. Pure."""

from __future__ import annotations

from helder.store.keys import digest63

_PARTS = 1_000_000


def held_out(journey: str, identity_id: int, percent: float, key: bytes) -> bool:
    """Tell whether an identity is held out of a journey.

    A keyed hash instead of a draw: no table to keep, no draw to repeat, and nobody can choose it. The journey is part
    of what is hashed, so that it is not always the same people who are left out.

    Args:
        journey: key of the journey; its versions share their holdout.
        identity_id: whom.
        percent: share that is held out, 0 to 100.
        key: the installation's secret.
    """
    return digest63(f"holdout\0{journey}\0{identity_id}", key) % _PARTS < round(percent * _PARTS / 100)
