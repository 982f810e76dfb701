"""What an index costs: its size, the writes it slows down, and how it is built."""

from advisor.recommend.price.prices import prices
from advisor.recommend.price.rates import TableWrites, WriteRates, write_rates

__all__ = ["TableWrites", "WriteRates", "prices", "write_rates"]
