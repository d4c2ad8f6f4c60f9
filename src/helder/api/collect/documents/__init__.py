"""What clients fetch before they send: settings, lists of flags, and the clients themselves; one module a family."""

from helder.api.collect.documents.desk import Documents

__all__ = ["Documents"]
