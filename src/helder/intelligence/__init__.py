"""What is known of a customer beyond the record: traits, and segments as rules."""
