"""The commands of ``helder``, one a file."""
