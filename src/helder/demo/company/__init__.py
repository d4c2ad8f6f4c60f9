"""Uitgeverij Lentehof: its people, its sources with the mess of life, and the truth apart."""

from helder.demo.company.generate import generate
from helder.demo.company.layout import Company, open_company

__all__ = ["Company", "generate", "open_company"]
