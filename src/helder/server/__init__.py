"""Helder as a running server: the processes it consists of, and the one web application."""
