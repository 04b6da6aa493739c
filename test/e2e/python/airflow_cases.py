"""Airflow's hooks for Hive: HiveServer2Hook by PyHive, HiveCliHook by beeline.

Usage: airflow_cases.py HOST PORT SCHEMA SCRATCH BEELINE_JARS [REGEXP]
SCRATCH is a directory that the gateway may read: LOAD DATA takes files from there.
"""

import csv
import json
import os
import pathlib
import stat
import sys
import tempfile

HOST, PORT, SCHEMA, SCRATCH, JARS = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4]), sys.argv[5]


def prepare():
    """Makes Airflow's home, its connections, and a program named beeline."""
    home = SCRATCH / "airflow"
    tools = SCRATCH / "bin"
    home.mkdir()
    tools.mkdir()
    program = tools / "beeline"
    program.write_text(f'#!/bin/sh\nexec java -cp "{JARS}/*" org.apache.hive.beeline.BeeLine "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    connection = {"host": HOST, "port": PORT, "login": "airflow", "schema": "default"}
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__UNIT_TEST_MODE="True",
        AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
        AIRFLOW_CONN_HIVESERVER2_DEFAULT=json.dumps({"conn_type": "hiveserver2", **connection}),
        AIRFLOW_CONN_HIVE_CLI_DEFAULT=json.dumps({"conn_type": "hive_cli", **connection, "extra": {"use_beeline": True}}),
        PATH=f"{tools}:{os.environ['PATH']}",
    )
    tempfile.tempdir = str(SCRATCH)


prepare()

from airflow.providers.apache.hive.hooks.hive import HiveCliHook, HiveServer2Hook  # noqa: E402
from report import case, equal, fails, note, run  # noqa: E402

HOOK = HiveServer2Hook()


@case
def get_records():
    equal([(1, "x")], [tuple(r) for r in HOOK.get_records("SELECT 1 AS one, 'x' AS two")])
    HOOK.get_records([f"create database if not exists {SCHEMA}", "select 1"])
    equal([(1,)], HOOK.get_records("select 1", schema=SCHEMA))


@case
def task_context():
    context = {"AIRFLOW_CTX_DAG_ID": "daily", "AIRFLOW_CTX_DAG_RUN_ID": "manual__2024-01-01T00:00:00+00:00", "AIRFLOW_CTX_DAG_EMAIL": "a@b.c, d@e.f"}
    os.environ.update(context)
    try:
        equal([("airflow.ctx.dag_run_id", "manual__2024-01-01T00:00:00+00:00")], HOOK.get_records("set airflow.ctx.dag_run_id"))
        equal([("airflow.ctx.dag_email", "a@b.c, d@e.f")], HOOK.get_records("set airflow.ctx.dag_email"))
    finally:
        for key in context:
            del os.environ[key]


@case
def hive_conf():
    equal([("day", "2024-01-01")], HOOK.get_records("set day", parameters={"day": "2024-01-01"}))
    equal([("2024-01-01",)], HOOK.get_records("select '${hiveconf:day}'", parameters={"day": "2024-01-01"}))


@case
def statements():
    HOOK.get_records(
        [
            "create table parts (id int, name string) partitioned by (ds string) stored as parquet",
            "insert into table parts partition (ds='2024-01-01') values (1, 'it\\'s'), (2, null)",
            "insert overwrite table parts partition (ds='2024-01-02') select id + 10, name from parts where ds='2024-01-01'",
            "msck repair table parts",
            "alter table parts add if not exists partition (ds='2024-01-03')",
            "analyze table parts compute statistics",
            "select count(*) from parts",
        ],
        schema=SCHEMA,
    )
    equal([("ds=2024-01-01",), ("ds=2024-01-02",)], HOOK.get_records("show partitions parts", schema=SCHEMA))
    equal([("2024-01-01", 2), ("2024-01-02", 2)], HOOK.get_records("with a as (select * from parts) select ds, count(*) from a group by ds order by ds", schema=SCHEMA))


@case
def get_results():
    results = HOOK.get_results("SELECT id, concat('row-', CAST(id AS STRING)) AS s, CAST(id AS DOUBLE) / 2 AS d FROM range(5000) order by id", fetch_size=100)
    equal(["id", "s", "d"], [column[0] for column in results["header"]])
    equal((5000, (4999, "row-4999", 2499.5)), (len(results["data"]), results["data"][-1]))


@case
def data_frames():
    frame = HOOK.get_df("select id, name, ds from parts order by id", schema=SCHEMA)
    equal(["id", "name", "ds"], list(frame.columns))
    equal([1, 2, 11, 12], list(frame["id"]))
    equal((2, 1), HOOK.get_pandas_df("select 1 as a union all select 2").shape)


@case
def to_csv():
    path = SCRATCH / "out.csv"
    HOOK.to_csv("select id, name, ds from parts order by id", str(path), schema=SCHEMA, fetch_size=2)
    with open(path, newline="", encoding="utf-8") as file:
        equal([["id", "name", "ds"], ["1", "it's", "2024-01-01"], ["2", "", "2024-01-01"], ["11", "it's", "2024-01-02"], ["12", "", "2024-01-02"]], list(csv.reader(file)))


@case
def run_and_get_first():
    equal((7,), HOOK.get_first("select 7"))
    HOOK.run([f"use {SCHEMA}", "create table plain (id int, note string)", "insert into plain values (1, 'a')"])
    equal([[(1, "a")]], [HOOK.run(f"select * from {SCHEMA}.plain", handler=lambda cursor: cursor.fetchall())])
    HOOK.insert_rows(f"{SCHEMA}.plain", [(2, "it's"), (3, "back\\slash"), (4, None)], target_fields=["id", "note"])
    equal([(1, "a"), (2, "it's"), (3, "back\\slash"), (4, None)], HOOK.get_records(f"select * from {SCHEMA}.plain order by id"))
    equal((True, "Connection successfully tested"), HOOK.test_connection())


@case
def errors():
    fails(lambda: HOOK.get_records("SELECT * FROM no_such_table"), Exception, "Table not found no_such_table")


@case
def sensor_and_macro_queries():
    equal([("2024-01-02",)], HOOK.get_records("select max(ds) from parts", schema=SCHEMA))


@case
def cli():
    out = HiveCliHook().run_cli("show tables;\nselect name, '${hiveconf:day}' from parts where id = 1;", schema=SCHEMA, verbose=False, hive_conf={"day": "monday"})
    assert "parts" in out and "it's" in out and "monday" in out, out


@case
def cli_fails():
    fails(lambda: HiveCliHook().run_cli("select * from no_such_table;", verbose=False), Exception, "Table not found no_such_table")


@case
def cli_load_df():
    import pandas

    frame = pandas.DataFrame({"id": [1, 2], "name": ["ann", "bob"], "score": [0.5, 1.5]})
    HiveCliHook().load_df(frame, f"{SCHEMA}.people", recreate=True)
    equal([(1, "ann", 0.5), (2, "bob", 1.5)], HOOK.get_records(f"select * from {SCHEMA}.people order by id"))


@case
def cli_load_file():
    path = SCRATCH / "rows.csv"
    path.write_text("1,x\n2,y\n")
    HiveCliHook().load_file(str(path), f"{SCHEMA}.loaded", field_dict={"id": "INT", "v": "STRING"}, partition={"ds": "2024-01-01"}, recreate=True)
    equal([(1, "x", "2024-01-01"), (2, "y", "2024-01-01")], HOOK.get_records(f"select * from {SCHEMA}.loaded order by id"))


@case
def clean_up():
    HOOK.run(f"drop database {SCHEMA} cascade")


run(sys.argv[6] if len(sys.argv) > 6 else "")
