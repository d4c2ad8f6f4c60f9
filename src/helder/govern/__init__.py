"""What lies under all rooms: goals, the catalogue, purposes, consent and the audit trail."""
