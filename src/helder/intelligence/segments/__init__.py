"""Segments: rules about customers, said in words, sent as JSON, and answered by one meaning."""
