"""What runs inside of the sandbox: the programs that load strangers' migrations. They know nothing of the product but
the standard library, and run by the project's own Python (3.8 or later)."""
