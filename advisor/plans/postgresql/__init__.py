"""PostgreSQL's plans: four formats, one document."""
