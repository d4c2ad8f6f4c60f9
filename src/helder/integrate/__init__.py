"""From sources to people: mapping, identities, who is who, and the golden record."""
