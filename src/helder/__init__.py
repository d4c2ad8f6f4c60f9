"""Helder: a customer data and experience platform that a company runs itself.

It brings all that a company knows about its customers into one golden record each, and turns that into the right
message, to the right person, at the right moment, and into proof that it paid.
"""

__version__ = "0.1.0"
