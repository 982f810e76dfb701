"""Reports: one `Analysis`, several ways to read it. Every text that came from an input is escaped for the way it goes out."""
