"""The demo company: a made-up publisher with five untidy sources, and what is really true about its people.

It reaches Helder only as a stranger would: through files, its own database, HTTP and SMTP. It imports nothing of
the rooms and they import nothing of it; ``helder.cli`` starts it.
"""
