"""Takes off what carried a plan: frames, quotes, prefixes, wraps, markup."""
