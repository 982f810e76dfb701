"""The words PostgreSQL puts before a message, in the languages its catalogs translate them into.

Taken from the message catalogs that PostgreSQL 15 ships (``postgres-15.mo`` of twelve languages): a server with
``lc_messages`` other than English prints `FEHLER:`, `INSTRUCTION :` and so on. csvlog and jsonlog use the same words.
"""

from __future__ import annotations

_PRIMARY = {
    "LOG": "LOG LOGG ЗАПИСУВАННЯ СООБЩЕНИЕ ჟურნალი 日志 日誌 로그",
    "ERROR": "ERROR ERREUR ERRORE FEHLER FEL ОШИБКА ПОМИЛКА შეცდომა 錯誤 错误 오류",
    "FATAL": "FATAL FATALE FATALT ВАЖНО ФАТАЛЬНО ფატალური 致命錯誤 致命错误 치명적오류",
    "PANIC": "PANIC PANICO PANIK ПАНІКА ПАНИКА პანიკა 嚴重錯誤 灾难性错误 손상",
    "WARNING": "WARNING ATTENTION ATTENZIONE VARNING WARNUNG ПОПЕРЕДЖЕННЯ ПРЕДУПРЕЖДЕНИЕ გაფრთხილება 警告 경고",
    "NOTICE": "NOTICE HINWEIS NOTIFICA NOTIS ЗАМЕЧАНИЕ ПОВІДОМЛЕННЯ 注意 알림",
    "INFO": "INFO ІНФОРМАЦІЯ ИНФОРМАЦИЯ ინფორმაცია 信息 資訊 정보",
    "DEBUG": "DEBUG DEBUG1 DEBUG2 DEBUG3 DEBUG4 DEBUG5 НАЛАГОДЖЕННЯ ОТЛАДКА გამართვა 调试 除錯 디버그",
}
_SECONDARY = {
    "DETAIL": "DETAIL|DÉTAIL|DETALLE|DETTAGLI|DETALJ|ПОДРОБНОСТИ|ВІДОМОСТІ|დეტალები|詳細|상세정보|详情|詳情",
    "HINT": "HINT|TIPP|ASTUCE|SUGGERIMENTO|TIPS|ПОДСКАЗКА|УКАЗІВКА|მინიშნება|ヒント|힌트|提示",
    "STATEMENT": "STATEMENT|ANWEISUNG|SENTENCIA|INSTRUCTION|ISTRUZIONE|SATS|ОПЕРАТОР|"
    "ІНСТРУКЦІЯ|ოპერატორი|文|명령 구문|语句|陳述式",
    "CONTEXT": "CONTEXT|ZUSAMMENHANG|CONTEXTO|CONTEXTE|CONTESTO|KONTEXT|КОНТЕКСТ|კონტექსტი|文脈|내용|上下文",
    "QUERY": "QUERY|ANFRAGE|CONSULTA|REQUÊTE|FRÅGA|ЗАПРОС|ЗАПИТ|მოთხოვნა|問い合わせ|쿼리|查询|查詢",
    "LOCATION": "LOCATION|ORT|UBICACIÓN|EMPLACEMENT|POSIZIONE|PLATS|ПОЛОЖЕНИЕ|РОЗТАШУВАННЯ|მდებარეობა|場所|위치|位置",
    "BACKTRACE": "BACKTRACE",
}
#: Words that start a record, as bytes of a log -> the English word.
PRIMARY: dict[bytes, str] = {word.encode(): english for english, words in _PRIMARY.items() for word in words.split()}
#: Words that start a further line of the same record -> the English word.
SECONDARY: dict[bytes, str] = {
    word.encode(): english for english, words in _SECONDARY.items() for word in words.split("|")
}
ENGLISH_PRIMARY = (
    b"LOG",
    b"ERROR",
    b"FATAL",
    b"PANIC",
    b"WARNING",
    b"NOTICE",
    b"INFO",
    b"DEBUG",
    *(b"DEBUG%d" % level for level in range(1, 6)),
)
ENGLISH_SECONDARY = tuple(word.encode() for word in _SECONDARY)


def is_english(word: bytes) -> bool:
    """Whether the server wrote this severity or label in English (many languages keep `LOG`, so yes proves little)."""
    return word in ENGLISH_PRIMARY or word in ENGLISH_SECONDARY
