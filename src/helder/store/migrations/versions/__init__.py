"""The migrations of state, oldest first."""
