"""Reports: one `Analysis`, several ways to read it. Text from an input is escaped for the way it goes out."""
