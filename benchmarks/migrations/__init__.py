"""An executed truth suite of schema changes, and how well `advisor check` and others foretell it.

`python -m benchmarks.migrations.truth` measures it on loaded servers of its own; `python -m benchmarks.migrations.score`
compares. fixtures/migrations/README.md says what a case is and how its truth is made.
"""
