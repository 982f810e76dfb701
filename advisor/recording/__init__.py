"""Statements of a program under test, recorded with the places in its code that ran them."""
