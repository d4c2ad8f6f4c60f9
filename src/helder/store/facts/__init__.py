"""Facts: what happened and what was seen, in an analytical engine."""
