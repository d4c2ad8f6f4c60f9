"""Purposes: what personal data may be used for, and who is asked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from helder.errors import InvalidInput
from helder.govern.catalogue import Words
from helder.govern.written import read_written
from helder.store.state import State
from helder.store.tables.consents import purpose


class Purpose(msgspec.Struct, frozen=True):
    """One purpose that a person can say yes or no to."""

    key: str
    label: Words
    soft_opt_in: Literal["yes", "no"] = "no"
    """yes: existing customers may be mailed about own similar products until they object (Telecommunicatiewet 11.7)."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purpose: list[Purpose]


def read_purpose_file(path: Path) -> list[Purpose]:
    """Return the purposes of the TOML file ``path``: tables ``[[purpose]]`` with key, label and soft_opt_in.

    Raises:
        InvalidInput: naming the file and what is wrong in it.
    """
    try:
        return msgspec.convert(tomllib.loads(read_written(path)), _File).purpose
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"{path.name}: {error}") from error


def save_purposes(state: State, purposes: Iterable[Purpose]) -> None:
    """Add purposes, or change those with the same key."""
    with state.write() as connection:
        for item in purposes:
            values = {"label_nl": item.label.nl, "label_en": item.label.en, "soft_opt_in": item.soft_opt_in}
            row = insert(purpose).values(key=item.key, **values)
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))


def read_purposes(state: State) -> dict[str, Purpose]:
    """Return all purposes by key."""
    with state.read() as connection:
        rows = connection.execute(select(purpose).order_by(purpose.c.key)).all()
    return {row.key: Purpose(row.key, Words(row.label_nl, row.label_en), row.soft_opt_in) for row in rows}
