"""Documents back to text, as the server prints them: what the readers read again as the same document."""
