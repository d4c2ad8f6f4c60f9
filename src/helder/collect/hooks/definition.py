"""What a hook is: a file in TOML that says how a system signs its calls, and what they mean as events. Pure."""

from __future__ import annotations

import re
import tomllib
from typing import ClassVar, Literal, TypeAlias

import msgspec

from helder.errors import InvalidInput

Scheme: TypeAlias = Literal["stripe", "github", "shopify", "custom"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_SHORTEST_SECRET = 8


class HookError(InvalidInput):
    """A file that describes a hook cannot be used; the message names the key and how to mend it."""

    code: ClassVar[str] = "bad-hook"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How calls are signed: HMAC-SHA256 with ``secret`` over the body as it came."""

    secret: str
    scheme: Scheme = "custom"
    header: str = ""
    """Header that holds the signature."""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """What stands before the signature in its header, such as ``sha256=``."""
    timestamp_header: str = ""
    """Header with the moment of sending in unix seconds. It is signed before the body, with a dot between."""
    tolerance_seconds: int = 300
    """How far that moment may be from now; a call that was recorded and sent again is refused after it."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value comes from, when a path alone is not enough."""

    path: str = ""
    value: str | int | float | bool | None = None
    """A constant, instead of a path."""
    unit: Literal["", "cent"] = ""
    """``cent``: money is given in hundredths."""
    values: dict[str, str] = {}
    """From the sender's words to ours; others stay as they are."""


Place: TypeAlias = str | Value
"""A path such as ``data.object.id`` or ``lines.0.sku``; from the top of the call when it begins with ``$.``."""


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One [[event]]: which calls it is about, and what they say."""

    name: str | Value = ""
    """Of the event: a constant as it stands, or a table with a path."""
    type: Literal["track", "page", "screen", "identify", "group"] = "track"
    when: dict[str, str | int | bool | list[str]] = {}
    """Path → value or values: other calls are not meant."""
    each: str = ""
    """Path of a list: an event for each of its elements, from which the other paths then start."""
    message_id: Place = ""
    """The sender's own number of the call; without it a call with the same body is the same call."""
    user_id: Place = ""
    anonymous_id: Place = ""
    group_id: Place = ""
    at: Place = ""
    """When it happened: ISO 8601 text, or unix seconds or milliseconds."""
    properties: dict[str, Place] = {}
    traits: dict[str, Place] = {}
    """What it says about the person; ``email`` and ``phone`` are identities."""


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One hook: the last part of its address, and what calls to it mean."""

    hook: str
    source: str
    """Key of the source that its events are of."""
    signature: Signature
    event: tuple[Meaning, ...]
    others: Literal["keep", "drop"] = "keep"
    """Calls that no [[event]] is about: kept as rejected, or only answered."""


_PRESETS: dict[str, dict[str, str]] = {
    # https://docs.stripe.com/webhooks#verify-manually: t=<seconds>,v1=<hex>; read in ``signature``
    "stripe": {"header": "Stripe-Signature"},
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    "github": {"header": "X-Hub-Signature-256", "prefix": "sha256="},
    # https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    "shopify": {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
}


def parse_hook(text: str, name: str) -> Hook:
    """Return the hook that the TOML ``text`` describes.

    Args:
        text: the file's content.
        name: the file, as messages call it.

    Raises:
        HookError: naming the file, the key and how to mend it.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), Hook)
    except tomllib.TOMLDecodeError as error:
        raise HookError(f"{name} is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise HookError(f"{name}: {error}. See docs/reference/hooks.md.") from error
    if faults := _faults(found):
        raise HookError(f"{name}: {'; '.join(faults)}. See docs/reference/hooks.md.")
    return found


def signed_as(signature: Signature) -> Signature:
    """Return a signature with what its scheme leaves unsaid."""
    preset = _PRESETS.get(signature.scheme)
    return msgspec.structs.replace(signature, **preset) if preset else signature


def _faults(found: Hook) -> list[str]:
    """Return what is wrong with a hook, beyond its form."""
    faults = []
    if not _NAME.fullmatch(found.hook):
        faults.append(f"hook = {found.hook!r} may hold letters, digits, - and _ only, 63 at most")
    if len(found.signature.secret) < _SHORTEST_SECRET:
        faults.append(f"[signature] secret has at least {_SHORTEST_SECRET} characters")
    if found.signature.scheme == "custom" and not found.signature.header:
        faults.append("[signature] header names the header that holds the signature")
    if not found.event:
        faults.append("at least one [[event]] says what calls mean")
    faults += [
        f"[[event]] {number} needs a name"
        for number, each in enumerate(found.event, 1)
        if each.type == "track" and not each.name
    ]
    return faults
