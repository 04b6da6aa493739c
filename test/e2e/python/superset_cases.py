"""Superset's engine spec for Hive, its models and SQL Lab, inside one process with
its own metadata in SQLite. The whole application is driven by superset_app.py.

Usage: superset_cases.py HOST PORT SCHEMA SCRATCH [REGEXP]
"""

import logging
import os
import pathlib
import sys
import threading
import time

HOST, PORT, SCHEMA, SCRATCH = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])

CONFIG = SCRATCH / "superset_config.py"
CONFIG.write_text(
    f'''
SECRET_KEY = "only for a test, and long enough for it"
SQLALCHEMY_DATABASE_URI = "sqlite:///{SCRATCH}/superset.db?check_same_thread=false"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
DB_POLL_INTERVAL_SECONDS = {{"hive": 0.2}}
'''
)
os.environ.update(SUPERSET_CONFIG_PATH=str(CONFIG), SUPERSET_HOME=str(SCRATCH))
logging.disable(logging.WARNING)

from report import case, equal, fails, note, run  # noqa: E402
from superset.app import create_app  # noqa: E402

APP = create_app()
APP.app_context().push()

from flask_appbuilder import Model  # noqa: E402
from superset import db, security_manager  # noqa: E402
from superset.common.db_query_status import QueryStatus  # noqa: E402
from superset.db_engine_specs.hive import HiveEngineSpec  # noqa: E402
from superset.models.core import Database  # noqa: E402
from superset.models.sql_lab import Query  # noqa: E402
from superset.sql_lab import get_sql_results  # noqa: E402
from superset.sql.parse import Table  # noqa: E402
from superset.utils.core import override_user  # noqa: E402

URI = f"hive://superset@{HOST}:{PORT}/default"
# Three quarters of the rows are gone through at once, the others take minutes.
LONG = "select count(*) from slow where id < 15000000 or " + "md5(" * 30 + "cast(id as string)" + ")" * 30 + " = 'x'"


def database():
    return db.session.query(Database).filter_by(database_name="nekomata").one()


def frame(sql, schema=None):
    return database().get_df(sql, schema=schema)


def query(sql, **options):
    q = Query(client_id=os.urandom(5).hex(), database_id=database().id, sql=sql, schema=options.pop("schema", SCHEMA), status=QueryStatus.PENDING,
              tab_name="t", sql_editor_id="1", user_id=1, limit=1000, **options)
    db.session.add(q)
    db.session.commit()
    return q


def sql_lab(sql, **options):
    """Runs statements as SQL Lab does, and gives what its page gets."""
    q = query(sql, **options)
    return get_sql_results(q.id, sql, username="admin")


def rows(answer):
    assert answer.get("status") == QueryStatus.SUCCESS, answer
    return [tuple(row.values()) for row in answer["data"]]


@case
def add_database():
    Model.metadata.create_all(db.engine)
    security_manager.add_role("Admin")
    security_manager.add_user("admin", "a", "b", "a@example.org", security_manager.find_role("Admin"), password="admin")
    entry = Database(database_name="nekomata", sqlalchemy_uri=URI, allow_dml=True, allow_ctas=True, allow_cvas=True, expose_in_sqllab=True)
    db.session.add(entry)
    db.session.commit()
    equal(HiveEngineSpec, entry.db_engine_spec)
    with entry.get_sqla_engine() as engine:
        connection = engine.raw_connection()  # "test connection" does this
        assert engine.dialect.do_ping(connection)
        connection.close()


@case
def make_tables():
    sql_lab(f"create database if not exists {SCHEMA}", schema=None)
    rows(sql_lab(
        "create table orders (id int, city string, amount decimal(12,2), ok boolean, day date, at timestamp, tags array<string>, props map<string,string>)"
        " partitioned by (ds string) stored as parquet"
    ))
    rows(sql_lab(
        "insert into orders partition (ds='2024-01-01') select 1, 'Lyon', 10.5, true, date '2024-01-01', timestamp '2024-01-01 10:20:30', array('a', 'b'), map('k', 'v')"
    ))
    rows(sql_lab(
        "insert into orders partition (ds='2024-02-01') select 2, 'it\\'s', 2.5, false, date '2024-02-14', timestamp '2024-02-14 23:59:59', array('b'), map('k', 'w')"
        " union all select 3, null, null, null, date '2024-05-31', timestamp '2024-05-31 00:00:00', null, null"
    ))
    rows(sql_lab("create view v_orders as select id, city, at from orders where id < 3"))


@case
def explore_schemas_and_tables():
    assert {"default", SCHEMA} <= database().get_all_schema_names(), "schemas"
    tables = {t[0] for t in database().get_all_table_names_in_schema(catalog=None, schema=SCHEMA)}
    views = {t[0] for t in database().get_all_view_names_in_schema(catalog=None, schema=SCHEMA)}
    equal({"v_orders"}, views, "views")
    assert "orders" in tables, tables
    assert database().has_table(Table("orders", SCHEMA)) and not database().has_table(Table("nothing", SCHEMA))


@case
def explore_columns():
    columns = database().get_columns(Table("orders", SCHEMA))
    equal(["id", "city", "amount", "ok", "day", "at", "tags", "props", "ds"], [c["column_name"] for c in columns])
    note([str(c["type"]) for c in columns])
    assert any(str(c["type"]).upper() in ("TIMESTAMP", "DATETIME") for c in columns if c["column_name"] == "at"), columns


@case
def explore_partitions():
    indexes = database().get_indexes(Table("orders", SCHEMA))
    equal([["ds"]], [i["column_names"] for i in indexes])
    equal((["ds"], ["2024-02-01"]), tuple(HiveEngineSpec.latest_partition(database(), Table("orders", SCHEMA), show_first=True)))
    star = database().select_star(Table("orders", SCHEMA), cols=database().get_columns(Table("orders", SCHEMA)), latest_partition=True)
    assert "2024-02-01" in star, star
    equal(2, len(frame(star)))


@case
def functions():
    names = HiveEngineSpec.get_function_names(database())
    assert {"concat", "from_unixtime", "nvl"} <= set(names), names[:50]


@case
def time_grains():
    want = {
        None: "2024-02-14 23:59:59", "PT1S": "2024-02-14 23:59:59", "PT1M": "2024-02-14 23:59:00", "PT1H": "2024-02-14 23:00:00",
        "P1D": "2024-02-14 00:00:00", "P1W": "2024-02-10 00:00:00", "P1M": "2024-02-01 00:00:00", "P3M": "2024-01-01 00:00:00", "P1Y": "2024-01-01 00:00:00",
        "P1W/1970-01-03T00:00:00Z": "2024-02-17 00:00:00", "1969-12-28T00:00:00Z/P1W": "2024-02-11 00:00:00",
    }
    expressions = HiveEngineSpec.get_time_grain_expressions()
    for grain, expression in expressions.items():
        got = frame(f"select {expression.format(col='`at`')} as t from {SCHEMA}.orders where id = 2")["t"][0]
        equal(want[grain], str(got), grain)
    equal(set(want), set(expressions))


@case
def time_filters():
    import datetime

    moment = datetime.datetime(2024, 2, 1, 0, 0, 0)
    for kind, column in (("TIMESTAMP", "at"), ("DATE", "day")):
        literal = HiveEngineSpec.convert_dttm(kind, moment)
        equal([2], list(frame(f"select count(*) as n from {SCHEMA}.orders where `{column}` >= {literal}")["n"]))


@case
def sql_lab_statements():
    equal([(1, "Lyon"), (2, "it's"), (3, None)], rows(sql_lab("SELECT id, city FROM orders ORDER BY id")))
    equal([("2024-02", "2.50")], [(m, str(s)) for m, s in rows(sql_lab("select date_format(at, 'yyyy-MM') as m, sum(amount) as s from orders where id = 2 group by date_format(at, 'yyyy-MM')"))])
    equal([("a",), ("b",), ("b",)], sorted(rows(sql_lab("select t.tag from orders o lateral view explode(o.tags) t as tag"))))
    equal([("v", "a", 2)], rows(sql_lab("select props['k'] as v, tags[0] as t0, size(tags) as n from orders where id = 1")))
    equal([("orders",), ("v_orders",)], sorted(r[:1] for r in rows(sql_lab("show tables"))))
    equal(2, len(rows(sql_lab("show partitions orders"))))
    for sql in ("describe formatted orders", "show create table orders", "explain select * from orders", "show columns in orders", "set hive.exec.dynamic.partition.mode=nonstrict"):
        rows(sql_lab(sql))


@case
def sql_lab_several_statements():
    equal([(7,)], rows(sql_lab("set tester.key=7; select cast('${hiveconf:tester.key}' as int) as k")))


@case
def sql_lab_strings():
    # Superset's own parser takes '' for two strings beside each other, as old Hive does.
    for text in ("it\\'s", "a\\\\b", "100% sure", "semi;colon", "-- no comment", "猫"):
        want = text.replace("\\'", "'").replace("\\\\", "\\")
        got = rows(sql_lab(f"select '{text}' as v"))
        equal([(want,)], got, text)


@case
def create_table_and_view_as():
    answer = sql_lab("select city, amount from orders where id < 3", select_as_cta=True, ctas_method="TABLE", tmp_table_name="mine", tmp_schema_name=SCHEMA)
    equal(QueryStatus.SUCCESS, answer["status"])
    equal(2, len(frame(f"select * from {SCHEMA}.mine")))
    sql_lab("select city from orders", select_as_cta=True, ctas_method="VIEW", tmp_table_name="my_view", tmp_schema_name=SCHEMA)
    equal(3, len(frame(f"select * from {SCHEMA}.my_view")))


@case
def sql_lab_errors():
    for sql, word in (("select * from no_such_table", "Table not found"), ("select nope from orders", "nope")):
        answer = sql_lab(sql)
        equal("failed", answer["status"])
        assert word in answer["error"], answer["error"]


@case
def progress_and_cancel():
    rows(sql_lab("create table slow as select id from range(20000000)"))
    q = query(LONG)
    identifier, answer = q.id, {}

    def work():
        with APP.app_context():
            answer.update(get_sql_results(identifier, LONG, username="admin") or {})

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    seen, deadline = set(), time.monotonic() + 60
    while len(seen - {0}) < 1 and worker.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
        db.session.expire_all()
        seen.add(db.session.get(Query, identifier).progress)
    db.session.expire_all()
    running = db.session.get(Query, identifier)
    note("progress", sorted(seen), running.status)
    assert worker.is_alive() and max(seen) > 0, f"progress while it runs: {sorted(seen)} {answer}"
    running.status = QueryStatus.STOPPED
    db.session.commit()
    start = time.monotonic()
    worker.join(60)
    assert not worker.is_alive(), "stopped"
    note(f"stopped after {time.monotonic() - start:.1f} s", answer.get("status"))
    equal([(1,)], rows(sql_lab("select 1 as one")))


@case
def datasets_and_charts():
    from superset.connectors.sqla.models import SqlaTable, SqlMetric

    table = SqlaTable(table_name="orders", schema=SCHEMA, database=database())
    db.session.add(table)
    with override_user(security_manager.find_user("admin")):
        table.fetch_metadata()
    table.main_dttm_col = "at"
    table.metrics.append(SqlMetric(metric_name="total", expression="SUM(amount)"))
    db.session.commit()
    equal({"at", "day"} <= {c.column_name for c in table.columns if c.is_dttm}, True, "times are known")
    import datetime

    request = {
        "granularity": "at", "from_dttm": datetime.datetime(2024, 1, 1), "to_dttm": datetime.datetime(2025, 1, 1), "groupby": [], "columns": [],
        "metrics": ["total", {"expressionType": "SQL", "sqlExpression": "COUNT(DISTINCT city)", "label": "cities"}], "is_timeseries": True, "row_limit": 100,
        "filter": [{"col": "city", "op": "IN", "val": ["Lyon", "it's"]}], "extras": {"time_grain_sqla": "P1M"}, "orderby": [],
    }
    result = table.query(request)
    equal("success", str(getattr(result.status, "value", result.status)), result.error_message)
    note(result.query)
    note(result.df.to_dict("records"))
    assert 1 <= len(result.df) <= 2, result.df


@case
def clean_up():
    sql_lab(f"drop database {SCHEMA} cascade", schema=None)


run(sys.argv[5] if len(sys.argv) > 5 else "")
