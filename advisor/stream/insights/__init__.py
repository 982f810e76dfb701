"""One insight a file: what the stream says of caches, replicas, transactions, routes, locks, jobs and load."""
