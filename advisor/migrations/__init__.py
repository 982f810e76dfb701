"""Migrations: read from files, told apart statement by statement, and weighed by production's sizes and traffic."""
