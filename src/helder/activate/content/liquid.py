"""Liquid in a sandbox: what a template may do, and how long and how large it may become.

A template sees the values it is given and nothing else: no clock, no files, no other templates, no attributes of Python
objects (values are JSON). An unknown variable is an error that names it, never an empty place in a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined, Token
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.undefined import UNDEFINED
from liquid.utils import ReadOnlyChainMap

from helder.activate.content.filters import set_filters
from helder.activate.content.template import TemplateFault
from helder.clock import effort

_SECONDS = 0.5
_FORBIDDEN_TAGS = ("include", "render", "increment", "decrement")


class Sandbox:
    """Makes texts of Liquid for one language. One per language and kind of output; safe to keep."""

    def __init__(self, *, language: str, zone: ZoneInfo, html: bool) -> None:
        """Prepare an environment.

        Args:
            language: of dates and amounts.
            zone: that moments are shown in.
            html: escape values for HTML.
        """
        self._environment = _Limited(undefined=StrictUndefined, autoescape=html)
        set_filters(self._environment, language, zone)
        for tag in _FORBIDDEN_TAGS:
            self._environment.tags.pop(tag, None)

    def compile(self, source: str, where: str) -> Filled:
        """Return the text of ``source``, ready to be filled.

        Args:
            source: Liquid.
            where: what it is, for messages: ``subject``, ``body``.

        Raises:
            TemplateFault: when it is no Liquid, or uses a tag or a filter that there is not.
        """
        try:
            bound = self._environment.from_string(source)
            unknown = set(bound.filter_names()) - set(self._environment.filters)
        except LiquidError as error:
            raise TemplateFault(f"{where}: {_said(error)}") from error
        if unknown:
            raise TemplateFault(f"{where}: there is no filter {', '.join(sorted(unknown))}")
        return Filled(bound, where)


class Filled:
    """A compiled text, to be filled with values again and again."""

    def __init__(self, bound: BoundTemplate, where: str) -> None:
        """Wrap ``bound``."""
        self._bound = bound
        self._where = where

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the text for ``values`` (JSON values only).

        Raises:
            TemplateFault: naming the variable that is not there, or the limit that is passed.
        """
        context = _Timed(self._bound, globals=values)
        buffer = self._bound._get_buffer()  # noqa: SLF001 - the library limits only the buffer that it makes itself
        try:
            self._bound.render_with_context(context, buffer)
        except LiquidError as error:
            raise TemplateFault(f"{self._where}: {_said(error)}") from error
        except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
            raise TemplateFault(f"{self._where}: {type(error).__name__} while it was filled") from error
        return buffer.getvalue()

    def variables(self) -> set[str]:
        """Return the paths of all variables that must be given, such as ``person.first_name``."""
        found = self._bound.analyze().globals
        return {str(variable) for variables in found.values() for variable in variables}


class _Limited(Environment):
    """Bounds that no mail comes near; a range of a thousand million is refused before it is walked."""

    loop_iteration_limit: ClassVar[int | None] = 1_000
    output_stream_limit: ClassVar[int | None] = 500_000
    local_namespace_limit: ClassVar[int | None] = 200_000
    block_nesting_limit: ClassVar[int] = 20
    context_depth_limit: ClassVar[int] = 20


class _Timed(RenderContext):
    """A context without the library's own ``now`` and ``today``, that gives up when its time is over."""

    def __init__(self, template: BoundTemplate, *, globals: Mapping[str, object]) -> None:  # noqa: A002 - as the library calls it
        super().__init__(template, globals=globals)
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self._until = effort() + _SECONDS
        self._again = True

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        """Look up a variable, while there is time."""
        self._look_at_the_time()
        return super().get(path, token=token, default=default)

    def assign(self, key: str, val: object) -> None:
        """Set a variable, while there is time."""
        self._look_at_the_time()
        super().assign(key, val)

    def _look_at_the_time(self) -> None:
        """Give up the second time that it is over: once it may be the garbage of a large process that was collected."""
        if effort() <= self._until:
            return
        if self._again:
            self._again, self._until = False, effort() + _SECONDS
        else:
            raise ResourceLimitError(f"takes more than {_SECONDS} seconds of work", token=None)


def _said(error: LiquidError) -> str:
    """Return what went wrong and on which line, in one line."""
    line = error.token.start_index if error.token else None
    message = str(error.message if hasattr(error, "message") else error).splitlines()[0]
    if line is None or error.token is None:
        return message
    return f"{message} (line {error.token.source.count(chr(10), 0, line) + 1})"
