"""From findings to recommendations: what to run, how to undo it, what it touches and how far it is proven."""
