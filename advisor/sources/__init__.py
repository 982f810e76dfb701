"""Readers: from what people have (logs, counters, SQL files) to batches. One small file a format."""
