"""What was not accepted: kept for a while, shown, and sent again after mending. What it held is personal data."""
