"""What is counted while a PostgreSQL log is paired, and the sentences that the user gets of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts over one log."""

    statements: int = 0
    """Statements that were logged when they began (log_statement)."""
    bare: int = 0
    """Durations that belong to no logged statement..."""
    bare_us: int = 0
    """... and their sum."""
    steps: int = 0
    """Parse and bind steps of the extended protocol: understood, no executions."""
    within: int = 0
    """Plans whose time is in another execution."""
    plans_unread: int = 0
    foreign: int = 0
    """Messages in another language than English."""
    audit_lines: int = 0
    session_unknown: bool = False
    """Some execution had no session."""

    @property
    def nameless(self) -> int:
        """Durations of executions whose text is not in the log. Where statements are logged, bare ones are steps."""
        return 0 if self.statements else self.bare

    def sentences(self) -> list[str]:
        """What the user should know."""
        told = []
        if self.nameless:
            told.append(
                f"{self.bare:,} durations ({self.bare_us / 1_000_000:,.1f} s) have no text: log_duration is on "
                "without log_statement; set log_min_duration_statement instead to see the statements"
            )
        if self.within:
            told.append(
                f"{self.within:,} plans are of statements within functions or of cursors: their time is in the "
                "calling statement and is not counted twice"
            )
        if self.plans_unread:
            told.append(f"{self.plans_unread:,} plans name no statement and could not be used")
        if self.audit_lines:
            told.append(f"{self.audit_lines:,} lines of pgaudit: they repeat statements and are no executions")
        if self.foreign:
            told.append(
                f"{self.foreign:,} messages are not in English (lc_messages): errors, waits and other incidents "
                "among them are recognised only in part"
            )
        if self.session_unknown and self.statements:
            told.append(
                "log_line_prefix has neither %p nor %c: statements and durations were joined in the order of the log, "
                "which may be wrong where sessions overlap"
            )
        return told
