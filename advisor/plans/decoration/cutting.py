"""Cuts a text into the plans that it holds: frames and tables are opened, and what they held is cut in its turn."""

from __future__ import annotations

import re
from bisect import bisect

from advisor.model.engine import EngineName
from advisor.model.plan import PlanFormat, PlanWarning
from advisor.plans.decoration import mysql_tree, postgresql_text, psql, signs, statements, structured, tables
from advisor.plans.decoration.carriers import uncarried
from advisor.plans.decoration.cells import quoted_lines, single_quoted, tree_cell
from advisor.plans.decoration.characters import Cleaning, clean, cleaned_again, left_out, unescaped
from advisor.plans.decoration.cut_frames import pieced_together
from advisor.plans.decoration.lines import Lines, lines_of
from advisor.plans.excerpt import Excerpt

#: ``LOG:  duration: 12.3 ms  plan:``, in any language: its severity, and the end of the line.
_SEVERITY = re.compile(r"[^\W\d]{3,40} ?: ")
_PLAN_FOLLOWS = re.compile(r"\d[.,]\d+ (?:ms|мс)[ ,]*[^\W\d]{1,40} ?: ?$")
#: A log line's prefix, and its last words, are shorter than this.
_PREFIX, _LAST_WORDS = 2_000, 100
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ")
_ENTRY = re.compile(r"(?:EXPLAIN|ANALYZE|QUERY PLAN): ?(?=[-{\[<])", re.IGNORECASE)
_CELL_START = re.compile(
    r'[ \t]*"(?:QUERY PLAN"?|EXPLAIN"?|\s*\[|\s*\{|- Plan|Query Text:|<explain|-> |Plan:)[ \t]*'
    r'|[ \t]*"\s*(?:-> {2})?[A-Z][^"]*\((?:cost=|actual )'
)
_QUOTED_LINE = re.compile(r' {0,8}" *(?:-> {2}|[A-Z]).*"[ \t,;]*$')
_PART = re.compile(
    r"\((?:cost=\d|actual (?:time=|rows=)|never executed\))|^[ \t]*->  ?[A-Z]|\"Node Type\"|\"QUERY PLAN\": *\""
    r"|^[ \t]*\|(?:[^|]*\|){4,}|^ *(?:- )?Node Type: |<Node-Type>|\"(?:query_block|select_id)\""
    r"|^ *(?:Parallel Aware|Startup Cost|Total Cost|Plan Rows|Actual Rows|Relation Name|Shared Hit Blocks): "
    r"|^ *(?:NULL|\d+) {2,}[A-Z]{4,}|INSERT INTO .*VALUES \('|^ *\[?\('.*',\)"
    r"|^[ \"'|>]+(?:Filter|Index Cond|Hash Cond|Sort Key|Output|Buffers|Rows Removed by Filter): "
)
_FRAGMENT = re.compile(r'[\[{\s]*(?:"[^"]*":[ \t]*(?:"[^"]*"|[\w.-]+),\s*)*"Parent Relationship"')
_DEEPEST = 6


def excerpts(text: str) -> list[Excerpt]:
    """The plans of a text, in order. Lines that belong to no plan are counted in one warning on the first of them."""
    cleaned = clean(text)
    lines = _cleaned_again(uncarried(lines_of(cleaned.text), cleaned.warnings), cleaned)
    cutter = _Cutter()
    cutter.cut(lines, 0)
    found = cutter.found
    if len(found) == 1 and found[0].text.rstrip() == text.rstrip():
        # nothing was around it, so that nothing of its literals was lost
        own = (postgresql_text.OVER_LINES, structured.XML_BREAK)
        found[0].warnings = [warning for warning in found[0].warnings if warning.text not in own]
    at = left_out(cleaned.text) if found else None
    if at is not None:
        cleaned.doubt(at, "lines were left out here by who wrote the text: the plan is not whole")
    for warning in (*cleaned.warnings, *cutter.doubts):
        of = next((excerpt for excerpt in reversed(found) if excerpt.number(0) <= warning.line), None)
        if found:
            (of or found[0]).warnings.append(warning)
    _named_by_prompts(found, lines)
    if found and cutter.stray:
        count = len(cutter.stray)
        what = "line that is" if count == 1 else "lines that are"
        found[0].warnings.append(PlanWarning(cutter.stray[0], f"{count} {what} no plan"))
    if found and cutter.fragment is not None:
        doubt = "this line looks like a part of a plan, but belongs to none: a plan may not be whole"
        found[0].warnings.append(PlanWarning(cutter.fragment, doubt))
    return found


def _cleaned_again(lines: Lines, cleaned: Cleaning) -> Lines:
    """Lines whose characters show only now that they stand alone."""
    if all(text.isascii() for text in lines.texts):
        return lines
    text = "\n".join(lines.texts)
    if text == cleaned.text:
        return lines
    again = cleaned_again(text)
    said = {warning.text for warning in cleaned.warnings}
    cleaned.warnings.extend(
        PlanWarning(lines.numbers[warning.line - 1], warning.text)
        for warning in again.warnings
        if warning.line is not None and warning.text not in said
    )
    return lines if again.text == text else lines.with_texts(again.text.split("\n"))


def _named_by_prompts(found: list[Excerpt], lines: Lines) -> None:
    """MariaDB's client names itself in its prompt; what it prints is otherwise like MySQL's."""
    if not any(text.lstrip().startswith("MariaDB [") for text in lines.texts):
        return
    prompts = [
        (number, text.lstrip().startswith("MariaDB ["))
        for text, number in zip(lines.texts, lines.numbers, strict=True)
        if text.lstrip().startswith(("MariaDB [", "mysql>"))
    ]
    numbers = [number for number, _ in prompts]
    for excerpt in found:
        at = bisect(numbers, excerpt.number(0)) - 1
        if excerpt.engine is None and at >= 0 and prompts[at][1] and excerpt.format in ("tabular", "json"):
            excerpt.engine = "mariadb"


class _Cutter:
    """Walks over lines; whatever it recognises it takes whole."""

    def __init__(self) -> None:
        self.found: list[Excerpt] = []
        self.stray: list[int] = []
        self.doubts: list[PlanWarning] = []
        self.fragment: int | None = None
        """A stray line that looks like a plan's."""
        self._statement: str | None = None
        self._seen: list[str] | None = None
        self._root_from = 0

    def cut(self, lines: Lines, depth: int, *, inside: bool = False) -> None:
        """All plans of the lines. ``inside``: a frame held them, so that a plan without costs is one too."""
        index = 0
        texts = lines.texts
        # a client that quotes only lines with a comma or a quote leaves the root as it is
        quoted: bool | None = None if depth < _DEEPEST else False
        while index < len(texts):
            text = texts[index]
            if not text or text.isspace():
                index += 1
                continue
            rooted = quoted is not False and (signs.ROOT.match(text) or signs.BARE_ROOT.match(text))
            if rooted and quoted is None:
                quoted = any('"' in t[:9] and _QUOTED_LINE.match(t) for t in texts)
            if rooted and quoted:
                end = index
                while end < len(texts) and texts[end].strip():
                    end += 1
                self.cut(quoted_lines(lines, index, end, self.doubts), depth + 1, inside=True)
                index = end
                continue
            after = self._at(lines, index, depth, inside)
            if after is None:
                if not (
                    signs.FENCE.match(text)
                    or signs.RULE.match(text)
                    or signs.COUNT.match(text)
                    or signs.TIMING.match(text)
                ):
                    self.stray.append(lines.numbers[index])
                    if self.fragment is None and _PART.search(text):
                        self.fragment = lines.numbers[index]
                index += 1
            else:
                index = max(after, index + 1)

    def _at(self, lines: Lines, index: int, depth: int, inside: bool) -> int | None:
        """Takes what begins on the line; the first line after it, None when nothing does."""
        text = lines.texts[index]
        lead = text.lstrip()
        first = lead[:1]
        if first in ("[", "{") and lead[1:].lstrip()[:1] in '"{[' and not signs.FENCE.match(text):
            return self._document(structured.json_document(lines, index), "json")
        if first == "<" and structured.is_xml(text):
            return self._document(structured.xml_document(lines, index), "xml", "postgresql")
        if first == '"' and depth < _DEEPEST and (_CELL_START.match(text) or self._bare_cell(lines, index)):
            end = index
            texts = lines.texts
            while end < len(texts) and (
                texts[end].strip()
                or (texts[end + 1 : end + 2] and texts[end + 1][:1] == '"')
                or self._open(texts, index, end)
            ):
                end += 1
            self.cut(quoted_lines(lines, index, end, self.doubts), depth + 1, inside=True)
            return end
        if first == "'" and depth < _DEEPEST and signs.ROOT.match(lead[1:]) and lead.rstrip().endswith("'"):
            single, end = single_quoted(lines, index)
            self.cut(single, depth + 1, inside=True)
            return end
        if first == "'" and depth < _DEEPEST and signs.TREE.match(lead[1:]):
            cell, end = tree_cell(lines, index)
            self.cut(cell, depth + 1, inside=True)
            return end
        if first.isupper() and mysql_tree.is_headless(lines, index):
            text = lines.texts[index] = mysql_tree.with_arrow(lines, index)
            first = "-"
        if first == "-" and signs.TREE.match(text) and not signs.ARROW.match(text):
            tree = mysql_tree.take(lines, index)
            if not mysql_tree.is_plan(tree.lines):
                self.stray.extend(tree.lines.numbers)
                return tree.end
            return self._text(tree, "tree", "mysql")
        if structured.is_yaml(lines, index):
            return self._document(structured.yaml_document(lines, index), "yaml", "postgresql")
        if signs.ROOT.match(text) or signs.ANY_ROOT.match(text) or self._query_text(lines, index):
            return self._text(postgresql_text.take(lines, index), "text", "postgresql")
        if lead.startswith(("|--", "`--")):
            return self._eqp(lines, index)
        framed = self._framed(lines, index, depth)
        if framed is not None:
            return framed
        found = statements.command(lines, index)
        if found is not None:
            self._statement, after = found
            return after
        if signs.BARE_ROOT.match(text) and (inside or self._plan_below(lines, index)):
            return self._text(postgresql_text.take(lines, index), "text", "postgresql")
        if _ENTRY.match(lead) and depth < _DEEPEST:
            return self._entry(lines, index, depth)
        if first.isdigit() and tables.is_step(lead):
            return self._table(tables.steps(lines, index), depth)
        return None

    def _framed(self, lines: Lines, index: int, depth: int) -> int | None:
        """Frames, tables and log entries."""
        if depth >= _DEEPEST:
            return None
        texts = lines.texts
        text = texts[index]
        if "PLAN" in text and (signs.HEADER.match(text) or (text.strip() == "PLAN" and _ends_in_query(texts, index))):
            if index + 1 < len(texts) and texts[index + 1].lstrip().startswith(("|--", "`--")):
                return self._eqp(lines, index + 1)
            markdown = tables.markdown(lines, index)
            if markdown is not None and markdown.raw is not None and text.lstrip().startswith("|"):
                self.cut(markdown.raw, depth + 1, inside=True)
                return markdown.end
            frame = psql.aligned(lines, index)
            body = (
                quoted_lines(frame.lines, 0, len(frame.lines), self.doubts)
                if any('"' in t[:9] for t in frame.lines.texts)
                else frame.lines
            )
            self._frame(frame, body, depth)
            return frame.end
        if signs.RECORD.match(text):
            records = psql.expanded(lines, index)
            self._frame(records, records.lines, depth)
            return records.end
        if signs.BOX.match(text) or (text[:1] in ("+", "┌", "╔") and len(text) > 18):
            whole = pieced_together(lines, index)
            if whole is not None:
                self.cut(whole[0], depth + 1, inside=True)
                return whole[1]
            if index + 1 < len(texts) and "QUERY PLAN" in texts[index + 1] and signs.HEADER.match(texts[index + 1]):
                return self._framed(lines, index + 1, depth)
            return self._table(tables.box(lines, index), depth)
        if signs.STARS.match(text) or tables.is_unstarred(lines, index):
            table, cell, end = tables.vertical(lines, index)
            if table is None:
                self.cut(cell, depth + 1, inside=True)
                return end
            self._table(table, depth)
            return end
        if tables.is_header(text):
            bar = text.lstrip().startswith("|")
            if text.startswith("# explain:") or text.startswith("#explain"):
                return self._slow_log(lines, index)
            if bar or (index + 1 < len(texts) and re.match(r"[ \t]*\|?[ :]*-+[ :]*\|", texts[index + 1])):
                return self._table(tables.markdown(lines, index) or tables.box(lines, index - 1 if index else 0), depth)
            return self._table(tables.delimited(lines, index), depth)
        if text.startswith("# explain:"):
            return self._slow_log(lines, index)
        if text.lstrip().startswith("|") and tables.markdown(lines, index) is not None:
            return self._table(tables.markdown(lines, index), depth)
        if text.strip() in ("EXPLAIN", "ANALYZE") and index + 1 < len(texts):
            return self._batch(lines, index, depth)
        if text[-1:] in ": " and _announces_plan(text.rstrip()):
            return self._log_entry(lines, index, depth)
        return None

    def _frame(self, frame: psql.Frame, body: Lines, depth: int) -> None:
        before = len(self.found)
        self.cut(body, depth + 1, inside=True)
        for excerpt in self.found[before:][:1]:
            excerpt.warnings.extend(frame.warnings)

    def _bare_cell(self, lines: Lines, index: int) -> bool:
        """Whether a quoted cell begins with an operator without costs."""
        inner = lines.texts[index].strip()[1:].rstrip('"')
        if not inner or not signs.BARE_ROOT.match(inner) or ('"' in inner and len(inner) > 200):
            return False
        below = lines.texts[index + 1] if index + 1 < len(lines) else ""
        return not below.strip() or below.lstrip()[:1] == '"' or below[:1] == " "

    def _open(self, texts: list[str], start: int, index: int) -> bool:
        """Whether a blank line stands within a quoted cell."""
        return (
            index - start < 4000
            and texts[start].lstrip().count('"') % 2 == 1
            and not any('"' in t for t in texts[start + 1 : index])
        )

    def _query_text(self, lines: Lines, index: int) -> bool:
        """auto_explain's text, with or without its LOG line: an operator stands somewhere below."""
        texts = lines.texts
        if not texts[index].lstrip().startswith(("Query Text:", "Query Parameters:")):
            return False
        if self._seen is not texts or self._root_from <= index:
            self._seen = texts
            self._root_from = next(
                (
                    i
                    for i in range(index + 1, len(texts))
                    if signs.ROOT.match(texts[i]) or signs.BARE_ROOT.match(texts[i])
                ),
                len(texts) + 1,
            )
        return self._root_from < len(texts)

    def _plan_below(self, lines: Lines, index: int) -> bool:
        """Whether a plan without costs goes on below its first line; an operator alone is a word like any other."""
        for text in lines.texts[index + 1 : index + 4]:
            if not text.strip():
                continue
            if signs.ARROW.match(text) or signs.METRICS.search(text):
                return True
            indented = len(text) - len(text.lstrip()) > len(lines.texts[index]) - len(lines.texts[index].lstrip())
            return (indented and signs.PROPERTY.match(text) is not None) or text.lstrip()[:1] == "("
        return len([t for t in lines.texts if t.strip()]) == 1

    def _add(self, excerpt: Excerpt) -> None:
        if excerpt.format != "xml" and "&" in excerpt.text:
            excerpt.text, doubt = unescaped(excerpt.text)
            if doubt is not None:
                excerpt.warnings.append(PlanWarning(excerpt.number(0), doubt))
        excerpt.query = excerpt.query or self._statement
        self._statement = None
        self.found.append(excerpt)

    def _text(self, taken: postgresql_text.Taken, format_: PlanFormat, engine: EngineName) -> int:
        lines = taken.lines
        self._add(Excerpt("\n".join(lines.texts) + "\n", lines.numbers, format_, engine, None, taken.warnings))
        return taken.end

    def _document(
        self, document: structured.Document, format_: PlanFormat, engine: EngineName | None = None
    ) -> int | None:
        if not document.is_plan:
            return None
        statement = self._statement
        for part in (each.trimmed() for each in document.parts):
            text = "\n".join(part.texts) + "\n"
            named = engine or (_json_engine(text) if format_ == "json" else None)
            self._add(Excerpt(text, part.numbers, format_, named, statement, list(document.warnings)))
            if format_ == "json" and _FRAGMENT.match(text):
                doubt = "the plan begins with a node below another: what stood above it is missing"
                self.found[-1].warnings.append(PlanWarning(part.numbers[0], doubt))
        return document.end

    def _eqp(self, lines: Lines, start: int) -> int:
        texts = lines.texts
        end = start
        own: list[int] = []
        while end < len(texts):
            if re.match(r"[| ]*[|`]--", texts[end].lstrip()):
                own.append(end)
            elif texts[end].strip() or not re.match(r"\s*[| ]*[|`]--", "".join(texts[end + 1 : end + 2])):
                break
            end += 1
        part = lines.picked(own)
        if not any(signs.STEP.search(text) for text in part.texts):
            # a tree of files, of packages, of another server's plan
            self.stray.extend(part.numbers)
            return end
        margin = len(texts[start]) - len(texts[start].lstrip())
        part = part.with_texts([t[margin:] for t in part.texts]) if margin else part
        self._add(Excerpt("\n".join(part.texts) + "\n", part.numbers, "eqp", "sqlite"))
        return end

    def _table(self, table: tables.Table | None, depth: int) -> int | None:
        """A table of a plan becomes an excerpt, or what its one column holds is cut; any other is none of ours."""
        if table is None:
            return None
        if table.raw is not None:
            known = table.columns[0].upper() in ("EXPLAIN", "ANALYZE", "QUERY PLAN", "")
            self.cut(psql.unboxed(table.raw), depth + 1, inside=known)
            return table.end
        kind = table.kind()
        if kind is None or not table.rows:
            self.stray.extend(table.numbers)
            return table.end
        lines = table.tab_separated()
        engine: EngineName | None = "sqlite" if kind == "eqp" else None
        if kind == "tabular" and any(c.startswith("r_") for c in table.columns):
            engine = "mariadb"
        self._add(
            Excerpt("\n".join(lines.texts) + "\n", lines.numbers, "tabular" if kind == "tabular" else "eqp", engine)
        )
        return table.end

    def _slow_log(self, lines: Lines, start: int) -> int | None:
        """MariaDB's ``# explain:`` lines, and the statement below them."""
        texts = lines.texts
        end = start
        while end < len(texts) and texts[end].startswith("# explain:"):
            end += 1
        part = lines.part(start, end)
        part = part.with_texts([t[len("# explain:") :].removeprefix(" ") for t in part.texts])
        table = tables.delimited(part, 0)
        if table is None or table.kind() is None:
            return None
        index = end
        words: list[str] = []
        while index < len(texts):
            text = texts[index]
            if text.startswith("#") and words:
                break
            if not text.startswith("#") and not re.match(r"(?:SET timestamp=|use )", text, re.IGNORECASE):
                words.append(text)
                if text.rstrip().endswith(";"):
                    index += 1
                    break
            index += 1
        tsv = table.tab_separated()
        query = "\n".join(words).strip().removesuffix(";") or None
        self._add(Excerpt("\n".join(tsv.texts) + "\n", tsv.numbers, "tabular", "mariadb", query))
        return index

    def _batch(self, lines: Lines, start: int, depth: int) -> int | None:
        """A one-cell result of ``mysql --batch``: ``\\n`` stands for a line break, unless ``--raw`` was given."""
        text = lines.texts[start + 1]
        lead = text.lstrip()
        if not lead.startswith(("{", "->", "[")):
            return None
        if "\\n" not in text:
            return start + 1
        opened = re.sub(
            r"\\([ntr0\\])", lambda m: {"n": "\n", "t": "\t", "r": "\r", "0": "", "\\": "\\"}[m.group(1)], text
        )
        pieces = opened.rstrip("\n").split("\n")
        self.cut(Lines(pieces, [lines.numbers[start + 1]] * len(pieces)), depth + 1, inside=True)
        return start + 2

    def _entry(self, lines: Lines, index: int, depth: int) -> int | None:
        """``EXPLAIN: {``: a vertical row whose stars were not copied."""
        text = lines.texts[index]
        match = _ENTRY.match(text.lstrip())
        if match is not None:
            lines.texts[index] = text.lstrip()[match.end() :]
        return self._at(lines, index, depth, True)

    def _log_entry(self, lines: Lines, start: int, depth: int) -> int:
        """What stands below ``LOG:  duration: .. ms  plan:``, each line behind a tab."""
        texts = lines.texts
        end = start + 1
        tabbed = end < len(texts) and texts[end].startswith("\t")
        while end < len(texts):
            text = texts[end]
            if tabbed and text and not text.startswith("\t"):
                break
            if not tabbed and _LOG_LINE.match(text):
                break
            end += 1
        part = lines.part(start + 1, end)
        if tabbed:
            part = part.with_texts([t[1:] for t in part.texts])
        self.cut(part, depth + 1, inside=True)
        return end


def _ends_in_query(texts: list[str], index: int) -> bool:
    """Whether the header was wrapped between its words."""
    return index > 0 and texts[index - 1].strip() == "QUERY"


def _json_engine(text: str) -> EngineName | None:
    """Whose JSON it is, where its first keys tell."""
    head = text[:4000]
    if re.search(r'"(?:Plan|Node Type|Query Text)"\s*:', head):
        return "postgresql"
    if re.search(r'"(?:query_plan|operation|query_spec)"\s*:', head):
        return "mysql"
    if '"query_optimization"' in head or '"r_loops"' in head or '"r_total_time_ms"' in head:
        return "mariadb"
    return None


def _announces_plan(line: str) -> bool:
    """Whether a log's line ends where auto_explain begins to print."""
    return bool(_PLAN_FOLLOWS.search(line[-_LAST_WORDS:]) and _SEVERITY.search(line[:_PREFIX]))
