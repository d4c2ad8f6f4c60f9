"""From an audience to a message: journeys, content, permission, the outbox and the channels."""
