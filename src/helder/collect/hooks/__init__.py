"""Calls of other systems (webhooks): whose they are, and what each field of them means. Definitions lie in state."""
