"""The segment builder: a rule as a tree of controls, read back from the form that shows it."""
