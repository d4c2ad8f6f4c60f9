"""Projections: copies of facts in SQLite, for questions about a few people at once.

``hot`` holds what people did, clustered by identity; ``online`` holds who is who and who is in which segment. The
worker alone writes them; any process may read them while it does. Both are derived: thrown away, they fill again from
the facts (memberships are computed again by the segments).
"""
