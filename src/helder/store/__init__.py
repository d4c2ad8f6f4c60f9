"""Where facts, state and projections are kept. The only room that knows an engine."""
