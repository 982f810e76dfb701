"""The typed words of the product: what flows from one room to the next. Imports nothing else of ours."""
