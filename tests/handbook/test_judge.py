"""From rows to findings: subjects, identities, what is known, severity, remedies."""

from __future__ import annotations

from advisor.catalog.ddl.file import read_ddl
from advisor.facts import Facts
from advisor.facts.examples import facts_from_texts, shape_of
from advisor.handbook import judge, run

SCHEMA = "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);"


def test_a_finding(page_with, facts):
    (judgement,) = judge(page_with().pages, facts).judgements
    finding = judgement.finding
    assert finding.title == "customers is read whole"
    assert finding.advice == "Filter `customers`, which was read 1 times."
    assert (finding.rule, finding.severity, finding.confidence, finding.certainty) == (
        "TST001",
        "low",
        "likely",
        "certain",
    )
    assert finding.tables == ("customers",)
    assert finding.impact.seconds_per_hour == 1.0
    assert finding.impact.share == 0.5
    assert finding.engine == "postgresql"
    assert finding.evidence["calls"] == 1
    assert judgement.remedies == ()


def test_identity_does_not_depend_on_numbers_or_order(page_with):
    page = page_with().pages
    one = judge(page, facts_from_texts(SCHEMA, ["SELECT name FROM customers"], calls=1)).judgements[0].finding
    two = (
        judge(page, facts_from_texts(SCHEMA, ["SELECT 1", "SELECT name FROM customers"], calls=9)).judgements[0].finding
    )
    assert one.id == two.id
    assert one.evidence != two.evidence


def test_what_is_not_known_gives_no_finding(page_with):
    bare = facts_from_texts(None, ["SELECT name FROM customers"])
    assert judge(page_with().pages, bare).judgements == []


def test_or_a_conditional_one_with_the_query_that_settles_it(page_with):
    settle = (
        "## Settle\n\n```sql settle\nSELECT indexdef FROM pg_indexes WHERE tablename = '{table_name}';\n```\n\n## Fix"
    )
    bare = facts_from_texts(None, ["SELECT name FROM o_customers"])
    (judgement,) = judge(page_with(("## Fix", settle)).pages, bare).judgements
    assert judgement.finding.certainty == "conditional"
    assert judgement.finding.settle == "SELECT indexdef FROM pg_indexes WHERE tablename = 'o_customers';"


def test_another_engine_is_left_alone(page_with, facts):
    assert judge(page_with(("[postgresql, mysql]", "[mysql]")).pages, facts).judgements == []


def test_severity_confidence_and_certainty_may_be_columns(page_with, facts):
    page = page_with(("s.calls FROM", "s.calls, 'high' AS severity, 'possible' AS confidence FROM")).pages
    finding = judge(page, facts).judgements[0].finding
    assert (finding.severity, finding.confidence) == ("high", "possible")
    assert "severity" not in finding.evidence


def test_a_wrong_severity_is_the_pages_problem(page_with, facts):
    judged = judge(page_with(("s.calls FROM", "s.calls, 'dire' AS severity FROM")).pages, facts)
    assert judged.judgements == []
    assert "severity is 'dire'" in str(judged.problems[0])


def test_rows_of_one_subject_are_one_finding(page_with):
    facts = facts_from_texts(SCHEMA, ["SELECT name FROM customers", "SELECT id FROM customers"])
    page = page_with(("severity: low", "severity: low\nsubject: [table_name]")).pages
    (judgement,) = judge(page, facts).judgements
    assert len(judgement.finding.fingerprints) == 2
    assert judgement.finding.evidence["occurrences"] == 2
    assert judgement.finding.impact.share == 1.0


def test_a_page_yields_to_one_that_names_the_cause(page_with, facts):
    cause = page_with(("TST001", "TST002")).pages
    symptom = page_with(("severity: low", "severity: low\nyields_to: [TST002]")).pages
    assert [j.finding.rule for j in judge([*symptom, *cause], facts).judgements] == ["TST002"]
    assert [j.finding.rule for j in judge(symptom, facts).judgements] == ["TST001"]


def test_ranked_by_severity_then_cost(page_with):
    facts = facts_from_texts(SCHEMA, ["SELECT name FROM customers", "SELECT id FROM customers"])
    page = page_with(("s.calls FROM", "s.calls, CASE WHEN s.sql LIKE '%name%' THEN 'high' END AS severity FROM")).pages
    assert [j.finding.severity for j in judge(page, facts).judgements] == ["high", "low"]


def test_own_remedy_is_quoted(page_with):
    facts = facts_from_texts('CREATE TABLE "Order" (id bigint PRIMARY KEY);', ['SELECT id FROM "Order"'])
    fix = "Filter `{table_name}`, which was read {calls} times.\n"
    own = (
        fix
        + "\n```sql remedy\nCOMMENT ON TABLE {table_name} IS '{table_name}';\n```\n\n```sql rollback\nCOMMENT ON TABLE {table_name} IS NULL;\n```\n"
    )
    page = page_with((fix, own), ("severity: low", "severity: low\nremedy: schema")).pages
    (remedy,) = judge(page, facts).judgements[0].remedies
    assert remedy.kind == "schema"
    assert remedy.sql == "COMMENT ON TABLE \"Order\" IS 'Order';"
    assert remedy.rollback == 'COMMENT ON TABLE "Order" IS NULL;'


def test_two_engines_in_one_input(page_with):
    """The facts mark the names of the second engine; findings and DDL have the names as that engine knows them."""
    facts = Facts()
    facts.add_catalogs(
        [read_ddl(SCHEMA, "a", "postgresql"), read_ddl("CREATE TABLE customers (id int PRIMARY KEY);", "b", "mysql")]
    )
    facts.add_shapes(
        [shape_of("SELECT * FROM customers", engine) for engine in ("postgresql", "mysql")], window_seconds=3600
    )
    facts.finish()
    page = page_with(
        ("s.calls FROM", "s.calls, json_array('id') AS index_columns FROM"),
        ("severity: low", "severity: low\nremedy: create_index"),
    ).pages
    found = {j.finding.engine: j for j in judge(page, facts).judgements}
    assert set(found) == {"postgresql", "mysql"}
    assert {j.finding.tables for j in found.values()} == {("customers",)}
    assert len({role.fingerprint for j in found.values() for role in j.finding.fingerprints}) == 1
    assert (
        found["mysql"].remedies[0].sql
        == "ALTER TABLE customers ADD INDEX customers_id_idx (id), ALGORITHM=INPLACE, LOCK=NONE;"
    )
    assert found["postgresql"].remedies[0].sql == "CREATE INDEX CONCURRENTLY customers_id_idx ON customers (id);"


def test_evidence_is_what_json_can_hold(page_with, facts):
    values = (
        "s.calls, 9e999 AS infinite, x'00ff' AS blob, replace(hex(x'00'), '0', printf('%.*c', 5000, 'x')) AS long FROM"
    )
    evidence = judge(page_with(("s.calls FROM", values)).pages, facts).judgements[0].finding.evidence
    assert evidence["infinite"] is None
    assert evidence["blob"] == "(2 bytes)"
    assert len(evidence["long"]) == 1000


def test_a_flood_of_findings_is_cut_and_said_to_be(page_with):
    ddl = "".join(f"CREATE TABLE t{n} (id bigint PRIMARY KEY);" for n in range(510))
    page = page_with(
        (
            "SELECT r.fingerprint, r.table_name, s.calls FROM table_ref AS r JOIN shape AS s USING (fingerprint)\nWHERE r.table_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM predicate AS p WHERE p.ref_id = r.ref_id)",
            "SELECT table_name, 1 AS calls FROM table_def",
        ),
        ("needs: [text, indexes]", "needs: [indexes]"),
    ).pages
    judged = judge(page, facts_from_texts(ddl, []))
    assert len(judged.judgements) == 500
    assert "510 findings of one page" in str(judged.problems[0])


def test_the_shipped_handbook_runs(facts):
    assert isinstance(run(facts), list)
