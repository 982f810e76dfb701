"""Throwaway servers: a private directory, an account without rights, and a watcher that ends both with us."""
