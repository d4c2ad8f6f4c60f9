"""Journeys: what is defined (graph, parse, check), what is decided (step, holdout), and where they are kept."""
