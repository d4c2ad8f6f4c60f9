"""What an action brought: uplift against the holdout, and what it cost."""
