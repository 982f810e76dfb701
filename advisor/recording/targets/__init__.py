"""What can be captured: engines of SQLAlchemy, connections of Django, DB-API drivers and their connections."""
