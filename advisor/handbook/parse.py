"""From a page's Markdown to a `Page`. Every complaint says where, what, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast, get_args

from advisor.handbook.page import ASPECTS, Block, Example, Page, PageError, Verdict
from advisor.model.engine import EngineName
from advisor.model.finding import SEVERITIES, Certainty, Confidence, RecommendationKind

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
SECTIONS = ("Why it hurts", "Pattern", "Detect", "Settle", "Fix", "Rewrite", "Bad", "Good", "Refute", "See also")
REQUIRED = ("Why it hurts", "Detect", "Bad", "Good")
FIELDS = (
    "id",
    "title",
    "severity",
    "confidence",
    "certainty",
    "engines",
    "needs",
    "remedy",
    "subject",
    "yields_to",
    "references",
)
MAX_PAGE_BYTES = 256 << 10  # the longest handbook page is a few KB; more is not a page
_SHORT = 8_000  # characters of front matter; shipped pages have 1,000...
_FEW = 200  # ... and of its signs that nest
_FENCE = re.compile(r"^(`{3,}|~{3,})\s*([^`]*)$")
_CREATES_TABLE = re.compile(r"\bCREATE\s+(?:\w+\s+){0,2}TABLE\b", re.IGNORECASE)


@dataclass(slots=True)
class _Section:
    name: str
    line: int
    prose: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def parse(path: Path, text: str | None = None) -> Page:
    """Read one page. Raises `PageError`; Detect's SQL is not tried here but in `check`."""
    if text is None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise PageError(path, 1, f"the page is not UTF-8 ({error.reason}).", "Save it as UTF-8.") from None
        except OSError as error:
            raise PageError(
                path, 1, f"the page cannot be read ({error.strerror}).", "Check the path and its rights."
            ) from None
    if len(text) > MAX_PAGE_BYTES:
        raise PageError(path, 1, f"the page has {len(text):,} characters.", f"Keep a page under {MAX_PAGE_BYTES:,}.")
    lines = text.replace("\r\n", "\n").split("\n")
    front, body_start = _front_matter(path, lines)
    sections = _sections(path, lines, body_start)
    for name in REQUIRED:
        if name not in sections:
            raise PageError(
                path, 1, f"the page has no section `## {name}`.", f"Add it. A page has: {', '.join(SECTIONS)}."
            )
    advice = sections.get("Fix") or sections.get("Rewrite")
    if advice is None:
        raise PageError(path, 1, "the page says nothing of the cure.", "Add a section `## Fix` or `## Rewrite`.")
    if "Fix" in sections and "Rewrite" in sections:
        advice = _Section("Fix", advice.line, [*sections["Fix"].prose, "", *sections["Rewrite"].prose], [])
        advice.blocks = [*sections["Fix"].blocks, *sections["Rewrite"].blocks]
    engines = cast("tuple[EngineName, ...]", _words(path, front, "engines", ENGINES, required=True))
    page = Page(
        id=_identifier(path, front),
        title=_text(path, front, "title"),
        severity=cast(Any, _choice(path, front, "severity", SEVERITIES, None)),
        confidence=cast(Confidence, _choice(path, front, "confidence", get_args(Confidence), "likely")),
        certainty=cast(Certainty, _choice(path, front, "certainty", get_args(Certainty), "certain")),
        engines=engines,
        needs=_words(path, front, "needs", sorted(ASPECTS), required=False),
        references=_strings(path, front, "references"),
        subject=_strings(path, front, "subject"),
        yields_to=_strings(path, front, "yields_to"),
        remedy=cast("RecommendationKind | None", _choice(path, front, "remedy", get_args(RecommendationKind), "none")),
        why=_prose(sections["Why it hurts"]),
        detect=_one(path, sections["Detect"], "sql"),
        pattern=_one(path, sections["Pattern"], "sql") if "Pattern" in sections else None,
        settle=_settle(path, sections.get("Settle")),
        fix=_prose(advice),
        remedy_sql=_by_engine(path, advice, "remedy"),
        rollback_sql=_by_engine(path, advice, "rollback"),
        examples=_examples(path, sections, engines),
        heading=next((line[2:].strip() for line in lines[body_start:] if line.startswith("# ")), path.stem),
        name=path.stem,
        category=path.parent.name,
        path=path,
        text=text,
    )
    if not page.fix:
        raise PageError(path, advice.line, f"`## {advice.name}` is empty.", "Say in a sentence what to do.")
    return page


def _front_matter(path: Path, lines: list[str]) -> tuple[dict[str, Any], int]:
    import yaml

    if not lines or lines[0].strip() != "---":
        raise PageError(
            path, 1, "the page does not begin with front matter.", "Begin with a line `---`, then `id: ...`."
        )
    end = next((n for n in range(1, len(lines)) if lines[n].strip() == "---"), None)
    if end is None:
        raise PageError(path, 1, "the front matter is not closed.", "End it with a line `---`.")
    try:
        text = "\n".join(lines[1:end])
        # PyYAML's C parser is many times as fast, but has no bound to nesting: it gets texts that cannot nest deeply.
        shallow = len(text) < _SHORT and sum(map(text.count, "[{?-")) < _FEW
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if shallow else yaml.SafeLoader
        front = yaml.load(text, Loader=loader) or {}  # noqa: S506 - both are safe loaders
    except RecursionError:
        raise PageError(path, 2, "the front matter is nested too deeply.", "Write `name: value` lines.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else 2
        problem = getattr(error, "problem", None) or "unreadable"
        raise PageError(
            path, line, f"the front matter is not YAML ({problem}).", "Quote texts that hold `: ` or `#`."
        ) from None
    if not isinstance(front, dict):
        raise PageError(path, 2, "the front matter is not a list of `name: value`.", f"Give {', '.join(FIELDS)}.")
    for name in front:
        if name not in FIELDS:
            raise PageError(path, _line_of(lines, name), f"unknown field `{name}`.", f"Known are {', '.join(FIELDS)}.")
    return front, end + 1


def _line_of(lines: list[str], name: object) -> int:
    return next((n + 1 for n, line in enumerate(lines) if line.startswith(f"{name}:")), 1)


def _sections(path: Path, lines: list[str], start: int) -> dict[str, _Section]:
    sections: dict[str, _Section] = {}
    current = _Section("", start + 1)
    fence: str | None = None
    block: Block | None = None
    content: list[str] = []
    for number, line in enumerate(lines[start:], start + 1):
        if fence is not None:
            if line.startswith(fence) and not line.strip(fence[0] + " "):
                assert block is not None
                current.blocks.append(_with_text(block, "\n".join(content)))
                fence = None
            else:
                content.append(line)
            continue
        opened = _FENCE.match(line)
        if opened:
            fence = opened[1]
            block = _block(opened[2].split(), number + 1)
            content = []
        elif line.startswith("## "):
            name = line[3:].strip()
            if name not in SECTIONS:
                raise PageError(path, number, f"unknown section `## {name}`.", f"Known are {', '.join(SECTIONS)}.")
            if name in sections:
                raise PageError(path, number, f"`## {name}` stands twice.", "Join the two.")
            current = sections[name] = _Section(name, number)
        elif not line.startswith("# "):
            current.prose.append(line)
    if fence is not None and block is not None:
        raise PageError(path, block.line - 1, "a fenced block is not closed.", f"End it with a line `{fence}`.")
    return sections


def _block(words: list[str], line: int) -> Block:
    options = dict(word.split("=", 1) for word in words if "=" in word)
    plain = [word for word in words if "=" not in word]
    language = plain[0] if plain else ""
    role = plain[1] if len(plain) > 1 else language
    return Block(language, role, options, "", line)


def _with_text(block: Block, text: str) -> Block:
    return Block(block.language, block.role, block.options, text, block.line)


def _prose(section: _Section) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(section.prose)).strip()


def _one(path: Path, section: _Section, language: str) -> Block:
    blocks = [block for block in section.blocks if block.language == language]
    if len(blocks) != 1:
        raise PageError(
            path,
            section.line,
            f"`## {section.name}` holds {len(blocks)} blocks of {language}.",
            f"Give exactly one, fenced as ```{language}.",
        )
    return blocks[0]


def _settle(path: Path, section: _Section | None) -> dict[str, Block]:
    if section is None:
        return {}
    found = _by_engine(path, section, "settle")
    if not found:
        raise PageError(path, section.line, "`## Settle` holds no query.", "Add one, fenced as `sql settle`.")
    return found


def _by_engine(path: Path, section: _Section, role: str) -> dict[str, Block]:
    found: dict[str, Block] = {}
    for block in section.blocks:
        if block.role != role:
            continue
        for engine in block.options.get("engine", "").split(","):
            if engine and engine not in ENGINES:
                raise PageError(path, block.line - 1, f"unknown engine `{engine}`.", f"Known are {', '.join(ENGINES)}.")
            if engine in found:
                raise PageError(
                    path, block.line - 1, f"two `{role}` blocks for one engine.", "Mark each with engine=NAME."
                )
            found[engine] = block
    return found


def _examples(path: Path, sections: dict[str, _Section], engines: tuple[EngineName, ...]) -> tuple[Example, ...]:
    """A schema that creates a table is the ground of what follows; one that does not adds to it for one example."""
    examples: list[Example] = []
    base: tuple[Block, ...] = ()
    for name, verdict in (("Bad", "bad"), ("Good", "good"), ("Refute", "refute")):
        section = sections.get(name)
        if section is None:
            continue
        number = 0
        blocks = section.blocks
        extra: tuple[Block, ...] = ()
        for position, block in enumerate(blocks):
            if block.role == "plan" and number and _follows_query(examples[-1], blocks[position - 1], block):
                examples[-1] = replace(examples[-1], blocks=(*examples[-1].blocks, block))
                continue
            if (
                block.role in ("migration", "facts")
                and number
                and _follows_workload(examples[-1], blocks[position - 1], block)
            ):
                examples[-1] = replace(examples[-1], blocks=(*examples[-1].blocks, block))
                continue
            if block.role == "schema":
                if _CREATES_TABLE.search(block.text):
                    base, extra = (block,), ()
                else:
                    extra = (*extra, block)
                following = blocks[position + 1].role if position + 1 < len(blocks) else "schema"
                if following != "schema":
                    continue
                asked: tuple[Block, ...] = ()
                if not extra and following == "schema" and position + 1 < len(blocks):
                    nxt = blocks[position + 1]
                    if not _CREATES_TABLE.search(nxt.text):
                        continue  # the next block adds to this one
            elif block.role in ("query", "log", "plan", "migration", "facts"):
                asked = (block,)
            else:
                what = f"`{block.language} {block.role}` is no example."
                raise PageError(
                    path,
                    block.line - 1,
                    what,
                    "Fence it as `sql schema`, `sql query`, `sql migration`, `log`, `plan` or `json facts`.",
                )
            number += 1
            schema = (
                () if block.role == "log" and not extra and block.options.get("schema") == "none" else (*base, *extra)
            )
            engine = _engine(path, (*asked, *reversed(schema)), engines)
            examples.append(Example(cast(Verdict, verdict), number, block.line, engine, schema, asked))
            extra = ()
        if number == 0:
            raise PageError(path, section.line, f"`## {name}` holds no example.", "Add a block fenced as `sql query`.")
    return tuple(examples)


def _follows_query(example: Example, above: Block, below: Block) -> bool:
    """Does a plan belong to the query of the example? No line may stand between the blocks."""
    adjacent = below.line == above.line + above.text.count("\n") + 3  # after both fences
    return adjacent and above.role in ("query", "plan") and bool(example.blocks) and example.blocks[0].role == "query"


def _follows_workload(example: Example, above: Block, below: Block) -> bool:
    """Is the query right above a migration, or above facts, the workload that it meets?"""
    adjacent = below.line == above.line + above.text.count("\n") + 3  # after both fences
    return (
        adjacent
        and bool(example.blocks)
        and example.blocks[-1] is above
        and above.role in ("query", "log", "migration")
    )


def _engine(path: Path, blocks: tuple[Block, ...], engines: tuple[EngineName, ...]) -> EngineName:
    for block in blocks:
        engine = block.options.get("engine")
        if engine is None:
            continue
        if engine not in ENGINES:
            raise PageError(path, block.line - 1, f"unknown engine `{engine}`.", f"Known are {', '.join(ENGINES)}.")
        return engine
    return engines[0]


def _text(path: Path, front: dict[str, Any], name: str) -> str:
    value = front.get(name)
    if not isinstance(value, str) or not value.strip():
        raise PageError(path, 1, f"`{name}` is missing or no text.", f"Write `{name}: ...` in the front matter.")
    return value.strip()


def _identifier(path: Path, front: dict[str, Any]) -> str:
    value = _text(path, front, "id")
    if not re.fullmatch(r"[A-Z][A-Z0-9_-]{1,31}", value):
        raise PageError(path, 2, f"`{value}` is no rule id.", "Use capitals and digits, such as SAR001 or MYTEAM-7.")
    return value


def _choice(path: Path, front: dict[str, Any], name: str, known: tuple[str, ...], default: str | None) -> str | None:
    value = front.get(name, default)
    if value == "none" and default == "none":
        return None
    if value not in known:
        written = value[:40] if isinstance(value, str) else type(value).__name__  # YAML can fold a bomb into a value
        raise PageError(path, 1, f"`{name}: {written}` is not understood.", f"Write one of {', '.join(known)}.")
    return cast(str, value)


def _strings(path: Path, front: dict[str, Any], name: str) -> tuple[str, ...]:
    value = front.get(name) or []
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PageError(
            path, 1, f"`{name}` is no list of texts.", f"Write `{name}: [one, two]`; quote texts with `: `."
        )
    return tuple(value)


def _words(path: Path, front: dict[str, Any], name: str, known: Any, *, required: bool) -> tuple[str, ...]:
    values = _strings(path, front, name)
    if required and not values:
        raise PageError(path, 1, f"`{name}` is missing.", f"Write `{name}: [...]` with some of {', '.join(known)}.")
    for value in values:
        if value not in known:
            raise PageError(path, 1, f"`{name}` names `{value}`.", f"Known are {', '.join(known)}.")
    return values
