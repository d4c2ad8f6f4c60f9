"""Rules in words: natural Dutch and English, by a grammar a leaf. Pure: no store, no clock, no settings."""

from helder.intelligence.segments.words.lexicon import Lexicon, Name
from helder.intelligence.segments.words.sentence import in_words, say, say_node

__all__ = ["Lexicon", "Name", "in_words", "say", "say_node"]
