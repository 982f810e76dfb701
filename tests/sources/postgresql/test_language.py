from __future__ import annotations

import pytest

from advisor.sources.postgresql.language import NOTE, translate
from advisor.sources.postgresql.record import BEGUN, DURATION, ERROR, EXECUTE, STEP
from tests.sources.postgresql.framing import framers, rows

P = "2024-03-01 08:00:00.123 UTC [7] app@shop "
#: severity of a statement, its message, that of a prepared one, DETAIL, parse, duration alone, statement alone, an error
LANGUAGES = {
    "de": ("LOG", "Dauer: 1.500 ms  Anweisung: ", "Dauer: 1.500 ms  Ausführen a/b: ", "DETAIL:  Parameter: ",
           "Dauer: 1.500 ms  Parsen a: ", "Dauer: 1.500 ms", "Anweisung: ", "FEHLER:  "),
    "fr": ("LOG", "durée : 1.500 ms, instruction : ", "durée : 1.500 ms  exécute a: ", "DÉTAIL:  paramètres : ",
           "durée : 1.500 ms, analyse a : ", "durée : 1.500 ms", "instruction : ", "ERREUR:  "),
    "es": ("LOG", "duración: 1.500 ms  sentencia: ", "duración: 1.500 ms  ejecutar a: ", "DETALLE:  parámetros: ",
           "duración: 1.500 ms  parse: a: ", "duración: 1.500 ms", "sentencia: ", "ERROR:  "),
    "ru": ("СООБЩЕНИЕ", "продолжительность: 1.500 мс, оператор: ", "продолжительность: 1.500 мс  выполнение a: ",
           "ПОДРОБНОСТИ:  параметры: ", "продолжительность: 1.500 мс, разбор a: ", "продолжительность: 1.500 мс",
           "оператор: ", "ОШИБКА:  "),
    "ja": ("LOG", "期間: 1.500 ミリ秒  文: ", "期間: 1.500 ミリ秒  実行 a: ", "詳細:  パラメータ: ", "期間: 1.500 ミリ秒  パースa : ",
           "期間: 1.500 ミリ秒", "文: ", "ERROR:  "),
    "zh": ("日志", "耗时: 1.500 ms  语句: ", "耗时: 1.500 ms  执行 a: ", "详情:  参数: ", "耗时: 1.500 ms  解析 a: ", "耗时: 1.500 ms",
           "语句: ", "错误:  "),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_statements_of_servers_that_speak_other_languages(language: str) -> None:
    log, statement, execute, detail, parse, duration, alone, error = LANGUAGES[language]
    data = (
        f"{P}{log}:  {statement}SELECT 1\n{P}{log}:  {execute}SELECT $1\n{P}{detail}$1 = 'x'\n{P}{log}:  {parse}SELECT 1\n"
        f"{P}{log}:  {duration}\n{P}{log}:  {alone}SELECT 2\n{P}{error}x\n"
    ).encode()
    for framer in framers("log", data):
        found = rows(framer, data)
        assert [row[1] if row[1] == "hot" else row[4] for row in found] == ["hot", "hot", STEP, DURATION, "hot", ERROR]
        assert [found[at][5] for at in (0, 1, 4)] == ["SELECT 1", "SELECT $1", "SELECT 2"]
        assert [found[at][-1] for at in (0, 1, 4)] == [0, EXECUTE, BEGUN]
        assert found[1][6] == "$1 = 'x'"
        assert {row[4] for row in found[:2]} == {1500}
        assert framer.parse(found[3][3]).message == "duration: 1.500 ms"
        assert framer.parse(found[5][3]).severity == "ERROR"
        assert NOTE in framer.notes


def test_translation_leaves_the_rest_alone() -> None:
    assert translate("duration: 1.000 ms  statement: Anweisung: x") == "duration: 1.000 ms  statement: Anweisung: x"
    assert translate("Dauer: 2.000 ms  Ausführen a/b: SELECT 1") == "duration: 2.000 ms  execute a/b: SELECT 1"
    assert (
        translate("Dauer: 2.000 ms  Ausführen Fetch von c: SELECT 1")
        == "duration: 2.000 ms  execute fetch from c: SELECT 1"
    )
    assert translate("Prüfpunkt beginnt") == "Prüfpunkt beginnt"
