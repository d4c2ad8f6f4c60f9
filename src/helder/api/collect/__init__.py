"""The front door for events: plain ASGI, so that a request costs little more than its parsing and its fsync.

``door`` is the way in, step by step; ``body``, ``auth`` and ``cors`` are what its steps need. How clients say what
happened is read in ``helder.collect.dialects``. See ``docs/reference/http.md``.
"""

from helder.api.collect.door import Collect

__all__ = ["Collect"]
