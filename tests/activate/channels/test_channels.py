"""Channels are found by their entry points."""

from __future__ import annotations

import pytest

from helder.activate.channels import channel
from helder.errors import NotFound


def test_mail_is_a_channel() -> None:
    """The one that is shipped is found like any other."""
    assert channel("email").key == "email"


def test_a_channel_that_is_not_there_is_named() -> None:
    """An unknown channel is an error that says which."""
    with pytest.raises(NotFound, match="no channel 'pigeon'"):
        channel("pigeon")
