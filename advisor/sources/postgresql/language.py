"""Statement messages of servers whose ``lc_messages`` is not English.

The words are those of the catalogs that PostgreSQL 15 ships. The Python framers read such logs, with patterns that have
the groups of `record.MESSAGE`; `translate` gives the English form, so that what follows knows one language only.
"""

from __future__ import annotations

import re

from advisor.sources.postgresql.record import MESSAGE, NAME, PARAMETERS

_DURATION = (
    "Dauer|duración|durée|durata|期間|ხანგრძლივობა|실행시간|수행시간|продолжительность|varaktighet|тривалість|耗时|"
    "持續時間"
)
_UNIT = "ms|мс|ミリ秒|მწმs?|毫秒"
_STATEMENT = (
    "statement|Anweisung|sentencia|instruction|istruzione|文|გამოსახულება|ოპერატორი|명령 구문|оператор|sats|语句|陳述式"
)
_FETCH = (
    "execute fetch from|Ausführen Fetch von|ejecutar fetch desde|exécute fetch à partir de|esecuzione di fetch da|"
    "取り出し実行|"
    "자료뽑기|выборка из|kör hämtning från|виконати витягнення з|执行提取，来源为|執行擷取，來源為"
)
_EXECUTE = "execute|Ausführen|ejecutar|exécute|esecuzione di|実行|გაშვება|쿼리실행|выполнение|kör|виконувати|执行|執行"
_STEP = (
    r"parse |bind |Parsen |Binden |parse: |analyse |lien |analisi di |パース|バインド |მიბმა |разбор |сообщение Bind |"
    r"аналізування |повідомлення bind |解析 |绑定 |繫結 |[^\s:]*+ (?:구문분석|접속): |[^\s:]*+-ის დამუშავება: "
)
_PARAMETERS = (
    "[pP]arameters|Parameter|parámetros|paramètres|parametri|パラメータ|პარამეტრები|매개 변수|"
    "параметры|parametrar|параметри|"
    "参数|參數"
)
_BLANK = rb"(?>(?: |\xc2\xa0)?)"
_GAP = rb"(?:  |, | )"


def _any(words: str) -> bytes:
    return b"(?:" + words.encode() + b")"


_TEXT = (
    rb"(" + _any(_STATEMENT) + _BLANK + rb": )|((?:(" + _any(_FETCH) + rb") |" + _any(_EXECUTE) + rb" )" + NAME + rb")"
)
#: Like `record.MESSAGE`, in any language, English included. Groups 9 and 10: a fetch, an execute, without a duration.
ANY_MESSAGE = re.compile(
    rb"(?>(?:[0-9A-Z]{5}: )?)(?:"
    + _any("duration|" + _DURATION) + _BLANK + rb":? (\d{1,15}+)(?:[.,](\d{3}))? " + _any(_UNIT)
    + rb"(?:" + _GAP + rb"(?:" + _TEXT + rb"|(" + _any(_STEP) + rb")|(plan:)))?"
    + rb"|(" + _any(_STATEMENT) + _BLANK
    + rb": |(?:(" + _any(_FETCH) + rb" )|(" + _any(_EXECUTE) + rb" ))" + NAME + rb"))"
)  # fmt: skip
ANY_PARAMETERS = re.compile(_any(_PARAMETERS) + _BLANK + rb": ")
_FOREIGN = re.compile(_any(_DURATION) + _BLANK + rb":? \d{1,15}+[.,]\d{3} " + _any(_UNIT))
NOTE = "lc_messages is not English: statements are read, other messages only in part"


def is_foreign(head: bytes) -> bool:
    """Whether durations in the log are printed in another language than English."""
    return _FOREIGN.search(head) is not None


def patterns(english: bool) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """The patterns of messages and of parameter lists."""
    return (MESSAGE, PARAMETERS) if english else (ANY_MESSAGE, ANY_PARAMETERS)


def translate(message: str) -> str:
    """The message with its beginning in English where it is one of a statement."""
    raw = message.encode("utf-8", "surrogateescape")
    found = ANY_MESSAGE.match(raw)
    if found is None or MESSAGE.match(raw):
        return message
    rest = raw[found.end() :]
    said = b""
    if found[1] is not None:
        said = b"duration: " + found[1] + (b"." + found[2] if found[2] else b"") + b" ms"
        if not (found[3] or found[4] or found[6] or found[7]):
            return (said + rest).decode("utf-8", "replace")
        said += b"  "
    if found[4]:
        name = found[4].rpartition(b": ")[0].rsplit(b" ", 1)[-1]
        said += b"execute " + (b"fetch from " if found[5] else b"") + name + b": "
    elif found[6]:
        said += b"parse "
    elif found[3] or found[8]:
        said += b"statement: "
    return (said + rest).decode("utf-8", "replace")


def translate_parameters(detail: str | None) -> str | None:
    """A DETAIL with bound parameters as an English server prints it."""
    if detail is None:
        return None
    raw = detail.encode("utf-8", "surrogateescape")
    found = ANY_PARAMETERS.match(raw)
    return (b"parameters: " + raw[found.end() :]).decode("utf-8", "replace") if found else detail
