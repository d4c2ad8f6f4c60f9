"""Facts in one DuckDB file: the embedded default."""
