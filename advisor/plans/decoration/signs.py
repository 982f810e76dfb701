"""What tells a line of a plan from any other line."""

from __future__ import annotations

import re

#: Names that PostgreSQL's operators begin with, after Parallel, Partial, Finalize, Async.
_OPERATORS = (
    "Result|ProjectSet|ModifyTable|(?:Insert|Update|Delete|Merge)(?= on |  \\()|Merge Append|Append|"
    "Recursive Union|BitmapAnd|BitmapOr|Nested Loop|Merge (?:Join|Left|Right|Full|Semi|Anti)|"
    "Hash (?:Join|Left|Right|Full|Semi|Anti)|HashSetOp|"
    "HashAggregate|Hash|Seq Scan|Sample Scan|Gather Merge|Gather|Index Only Scan|Index Scan|Bitmap Index Scan|"
    "Bitmap Heap Scan|Tid Range Scan|Tid Scan|Subquery Scan|Table Function Scan|Function Scan|Values Scan|CTE Scan|"
    "Named Tuplestore Scan|WorkTable Scan|Foreign (?:Scan|Insert|Update|Delete)|Custom Scan|Materialize|Memoize|"
    "Incremental Sort|Sort|GroupAggregate|MixedAggregate|Group|Aggregate|WindowAgg|Unique|SetOp|LockRows|Limit|"
    "Bitmap(?:And|Or)"
)
_MODES = "(?:(?:Parallel|Partial|Finalize|Async|Simple) )*"

#: The brackets after an operator's name, on the same line or cut off by a wrap.
METRICS = re.compile(r"\((?:cost=\d|actual (?:time=|rows=)|never executed\))")
#: The first line of a PostgreSQL plan with its brackets.
ROOT = re.compile(
    rf"[ \t]*{_MODES}(?:{_OPERATORS})(?![:\w])[^:]*?(?:\((?:cost=\d|actual (?:time|rows)=|never executed))"
)
#: Any operator with brackets, of a fork of PostgreSQL too.
ANY_ROOT = re.compile(r"[ \t]*[A-Z][A-Za-z]+(?: [\w\".]+)* {2}\((?:cost=\d|actual (?:time|rows)=)")
#: The first line of a plan without costs, or one cut by a wrap before its brackets.
BARE_ROOT = re.compile(
    rf"[ \t]*{_MODES}(?:{_OPERATORS})(?![:\w])"
    r"(?: (?:on|using|Join|Left|Right|Full|Semi|Anti|Backward|Except|Intersect|All|Aggregate|\()[^:]*)?\s*(?:\(\S*.*)?$"
)
#: A child, of PostgreSQL; MySQL prints one blank after its arrow.
ARROW = re.compile(r"[ \t]*-> {2}\S")
FULL_ARROW = re.compile(rf"[ \t]*-> {{2}}{_MODES}[A-Z][A-Za-z]+.*\((?:cost=\d|actual (?:time|rows)=|never executed\))")
TREE = re.compile(r"[ \t]*-> \S")
#: Below the operators, at the root's own column.
FOOTER = re.compile(
    r"[ \t]*(?:Planning(?: [Tt]ime)?:|Execution [Tt]ime:|Total runtime:|JIT:|Settings:|Trigger |Query Identifier:|"
    r"Serialization:|Async Capable:|Planner:|Slice statistics:|Optimizer:|Memory used:|Statement statistics:)"
)
#: A property of an operator: known words, or any capitalised words and a colon.
PROPERTY = re.compile(r"[ \t]*[A-Z][A-Za-z/-]*(?: [A-Za-z/]+| \d+|-[A-Za-z]+){0,6}(?: \([^()]*\))?:(?: |$)")
_WORDS = (
    "Output|Filter|Rows|Index|Recheck|Heap|Buffers|I/O|Sort|Presorted|Full-sort|Pre-sorted|Group|Hash|"
    "Merge|Join|Inner|Workers|Worker|Planned|Batches|Buckets|Cache|Hits|Memory|Subplans|One-Time|TID|"
    "Order|Function|Table|Remote|Single|Run|Window|Storage|Params|Conflict|Tuples|Sampling|Timing|"
    "Options|Functions|Disabled|Async|WAL|SubPlan|InitPlan|CTE|Relations|Repeatable"
)
#: What a wrap left of the beginning of a property.
BEGINS_KEY = re.compile(
    "(?:"
    + "|".join(sorted({word[:end] for word in _WORDS.split("|") for end in range(1, len(word))}, reverse=True))
    + ")$"
    "|(?:" + _WORDS + ")(?![A-Za-z])"
)
#: Whole names of properties that no wrapped line's rest is likely to begin with.
KNOWN = re.compile(
    r"(?:Output|Filter|Rows Removed by [A-Z][\w ]+|Index Cond|Recheck Cond|Join Filter|Hash Cond|Merge Cond|Buffers|"
    r"Sort Key|Sort Method|Group Key|Heap Fetches|Heap Blocks|Workers (?:Planned|Launched)|Buckets|Cache Key|"
    r"One-Time Filter): "
)
#: The line above a part of the plan that is evaluated on its own.
LABEL = re.compile(r"[ \t]*(?:InitPlan(?: \d+)?(?: \(.*\))?|SubPlan(?: \d+)?(?: \(.*\))?|CTE .+)$")

#: A line of SQLite's plan.
STEP = re.compile(
    r"(?:^|--|[|\t])(?:(?:SCAN|SEARCH) \S|USE TEMP B-TREE FOR |COMPOUND QUERY|COMPOUND SUBQUERIES |CO-ROUTINE \S|"
    r"MATERIALIZE \S|MULTI-INDEX OR|MERGE \(|(?:REUSE )?(?:CORRELATED )?(?:SCALAR|LIST) SUBQUERY \d)"
)

#: What may stand at a line's start inside a PostgreSQL plan.
START = re.compile(
    r"[ \t]*(?:-> {2}\S|[A-Z][A-Za-z/-]*(?: [A-Za-z/]+| \d+|-[A-Za-z]+){0,6}(?: \([^()]*\))?:(?: |$)|"
    r"(?:InitPlan|SubPlan)\b|CTE \S+$|Trigger )"
)

HEADER = re.compile(r"[ \t|│║\"`]*QUERY PLAN[ \t|│║\"`:↵+]*$", re.ASCII)
RULE = re.compile(r"[ \t]*(?:[+|]?[-─═=+|┬┴┼╪╬╤╧╫╥╨├┤╞╡╟╢╠╣┌┐└┘╔╗╚╝╒╕╘╛╓╖╙╜]{3,}|\+(?: -+ \+)+)[ \t]*$")
#: ``(12 rows)`` in any language, ``12 rows in set (0.01 sec)``, ``Time: 12.3 ms``.
COUNT = re.compile(
    r"\(\d+ [^()0-9]{1,20}\)[ \t]*$|\(\d+ ?[^()\d\s]{1,12}\)[ \t]*$|\d+ rows? in set\b|Query OK, |Empty set"
)
TIMING = re.compile(r"[^\W\d][^\W\d]*(?: [^\W\d]+)? ?: \d+[.,]\d+ (?:ms|мс|毫秒)(?: \(\d+:\d\d.*\))?[ \t]*$")
FENCE = re.compile(
    r"[ \t]*(?:`{3,}|~{3,}|\[/?quote\]|#\+(?:BEGIN|END)_\w+|"
    r"\{code(?::[^}]*)?\}|\{noformat(?::[^}]*)?\}|\[/?code\])[\w:+-]*[ \t]*$"
)
RECORD = re.compile(r"[+┌├╔╠╟╓╒╞|]?[-─═]\[ \S.*? ?\d+ ?\][-─═+┬┐┤╗╣┼╪]*[ \t]*$|\* \S+ \d+[ \t]*$")
STARS = re.compile(r"\*{10,} ?\d+\\?\. row ?\*{10,}[ \t]*$")
BOX = re.compile(r"[ \t]*(?:[+┌╔╭][-─═]{3,}[-─═+┬╦┐╗╮]*|\+(?: -+ \+)+)[ \t]*$")
#: A line of PostgreSQL's log with its time and level: no line of a plan goes on there.
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.{0,200}? [A-Z]{3,9}: {1,2}\S")

#: An EXPLAIN command, behind a prompt or bare. Its options end where the statement begins.
EXPLAIN = re.compile(
    r"[ \t]*(?:(?P<prompt>(?:[\w.@/:\[\]() -]{0,80}?[=!^*-]*[>#$%]|mysql>|MariaDB \[[^\]]*\]>|sqlite>)[ \t]*)?)"
    r"(?P<command>(?:explain|analyze|describe|desc)\b(?![\t ]*[:|]).*)$",
    re.IGNORECASE,
)
#: The head of an entry of a server's log.
LOGGED = re.compile(
    r"[ \t]*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,\d]* ?\S* ?.*(?:\[\d+\]|[A-Z]{3,}: )|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \w+\["
)
PROMPT = re.compile(
    r"(?:[\w.@/:\[\]-]{1,60}[=!^*('\"$-]*[>#] |[\w.-]{1,60}[=-][>#][ \t]*$|mysql>|MariaDB \[[^\]]*\]>|sqlite>)"
)
