"""The worker: the one process that owns the facts. It runs the pipeline and answers questions over a local socket."""
