"""The front door for events: from the wire to an event or a rejection with its reason."""
