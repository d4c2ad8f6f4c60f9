"""The tracking plan of a source: which events it may send, with which properties; watched, or enforced at the door."""
