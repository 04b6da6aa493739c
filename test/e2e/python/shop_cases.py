"""Runs the dbt project in ../dbt and looks at what it left behind, by PyHive.

The file's name must not begin with dbt_: dbt takes such for a plugin and imports it.
Usage: shop_cases.py HOST PORT SCHEMA TARGET_DIR [REGEXP]
"""

import json
import os
import pathlib
import shutil
import sys

from dbt.cli.main import dbtRunner
from pyhive import hive
from report import case, equal, note, run

HOST, PORT, SCHEMA, SCRATCH = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
PROJECT = pathlib.Path(__file__).parent.parent / "dbt"
TARGET = SCRATCH / "target"

os.environ.update(NEKOMATA_HOST=HOST, NEKOMATA_PORT=str(PORT), NEKOMATA_SCHEMA=SCHEMA, DBT_SEND_ANONYMOUS_USAGE_STATS="false")


def dbt(*args, expect=None, ok=True, project=PROJECT):
    """Runs dbt; gives its results by node name."""
    options = ["--project-dir", project, "--profiles-dir", PROJECT, "--log-path", SCRATCH / "logs"]
    if args[0] != "debug":
        options += ["--target-path", TARGET]
    done = dbtRunner().invoke([*(str(a) for a in args), *(str(o) for o in options), "--quiet"])
    results = {}
    for result in getattr(done.result, "results", None) or []:
        if hasattr(result, "node"):
            results[result.node.name] = result
            if str(result.status) not in ("success", "pass"):
                note(result.node.name, result.status, str(result.message)[:500])
    if done.exception:
        raise done.exception
    equal(ok, done.success, f"dbt {' '.join(map(str, args))}: success")
    for name, status in (expect or {}).items():
        equal(status, str(results[name].status), name)
    return results


def rows(sql, database=SCHEMA):
    with hive.connect(HOST, port=PORT, username="checker", database=database) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()


SECOND = '{"until": "2024-12-31", "generation": 2}'


@case
def debug():
    dbt("debug")


@case
def seed():
    dbt("seed")
    names = dict(rows("select customer_id, last_name from customers"))
    equal({1: "O'Neil", 2: "Back\\slash, Jr.", 3: 'Say "hi"', 4: None, 5: "100% `tick` ; -- $$"}, names, "what the files hold")
    equal([("order_id", "bigint"), ("customer_id", "bigint"), ("ordered_on", "date"), ("status", "string"), ("amount", "decimal(12,2)")],
          [r[:2] for r in rows("describe orders")], "column types")


@case
def run_first():
    results = dbt("run", "--exclude", "tag:broken", "inc_batches")
    note(len(results), "models")
    equal([(5,)], rows("select count(*) from inc_append"))


@case
def run_microbatch():
    dbt("run", "--select", "inc_batches", "--event-time-start", "2024-01-01", "--event-time-end", "2024-01-05")
    equal([("2024-01-01", 2), ("2024-01-02", 2), ("2024-01-03", 1), ("2024-01-04", 2)],
          rows("select cast(ordered_on as string), count(*) from inc_batches group by 1 order by 1"))


@case
def values():
    equal([(1, "Ann O'Neil", "small"), (3, '猫 Say "hi"', "small")],
          rows("select customer_id, full_name, size from dim_customers where customer_id in (1, 3) order by 1"))
    equal(
        [("days", 60), ("months", 2), ("hours", 6), ("later", "2024-03-01"), ("next_month", "2024-02-29"), ("second_part", "b"),
         ("last_part", "c"), ("joined", "ab"), ("hashed", "9dd4e461268c8034f5c8564e155c67a6"), ("len", 4), ("pos", 2), ("replaced", "a+b"),
         ("tail", "llo"), ("cast_ok", 17), ("cast_null", None), ("lit", "it"), ("yes", "true"), ("some_v", True),
         ("n_array", 2), ("n_append", 3), ("n_concat", 3)],
        utils(),
    )


def utils():
    with hive.connect(HOST, port=PORT, username="checker", database=SCHEMA) as connection:
        cursor = connection.cursor()
        cursor.execute("select * from utils")
        names = [column[0].split(".")[-1] for column in cursor.description]
        got = dict(zip(names, cursor.fetchone()))
    note(got)
    assert got["list"] in ("a, b", "b, a"), "a list has no order, and the adapter asks for none"
    unsure = {"list", "two_hours", "trunc_month", "last_of_month", "any_v"}
    equal("2024-02-29", str(got["last_of_month"])[:10], "last_day")
    equal("2024-02-01", str(got["trunc_month"])[:10], "date_trunc")
    equal("2024-01-02 01:00:00", str(got["two_hours"])[:19], "dateadd")
    dates = ("later", "next_month")
    return [(k, str(v)[:10] if k in dates else v) for k, v in got.items() if k not in unsure]


@case
def docs_are_persisted():
    described = rows("describe extended dim_customers")
    by_name = {r[0]: r for r in described}
    equal("the customer's key", by_name["customer_id"][2], "a column's comment")
    equal('One row a customer.\nTwo lines, and it\'s "quoted" with a backslash.', by_name["Comment"][1].strip(),
          "the table's comment, of which dbt escapes only the quotes")
    equal("the key", {r[0]: r for r in rows("describe stg_customers")}["customer_id"][2], "a view's column's comment")


@case
def second_run():
    dbt("run", "--exclude", "tag:broken", "inc_batches", "--vars", SECOND)
    equal([(8, 8)], rows("select count(*), count(distinct order_id) from inc_append"), "append")
    equal([(1, "generation 2"), (2, "done"), (8, "open")], rows("select order_id, status from inc_merge where order_id in (1, 2, 8) order by 1"), "merge")
    equal([("done 2", 10.5), ("open 2", 2.0)],
          [(s, float(a)) for s, a in rows("select status, amount from inc_merge_some where order_id in (1, 6) order by order_id")], "merge of some columns")
    equal([("2024-01-01", "done 1"), ("2024-01-03", "open 2"), ("2024-01-04", "open 2")],
          rows("select distinct cast(ordered_on as string), status from inc_overwrite where order_id in (1, 5, 6) order by 1"), "insert_overwrite")
    equal([(2, 4)], rows("select min(generation), count(*) from inc_overwrite_all"), "insert_overwrite of everything")
    equal([(13, 8)], rows("select count(*), count(note) from inc_columns"), "append_new_columns")


@case
def second_microbatch():
    dbt("run", "--select", "inc_batches", "--event-time-start", "2024-01-03", "--event-time-end", "2024-01-06", "--vars", SECOND)
    equal([("2024-01-01", 1, 2), ("2024-01-02", 1, 2), ("2024-01-03", 2, 1), ("2024-01-04", 2, 2), ("2024-01-05", 2, 1)],
          rows("select cast(ordered_on as string), min(generation), count(*) from inc_batches group by 1 order by 1"))


@case
def schema_change_refused():
    dbt("run", "--select", "inc_fail", "--vars", '{"generation": 3}', ok=False, expect={"inc_fail": "error"})


@case
def full_refresh():
    dbt("run", "--full-refresh", "--select", "inc_append", "inc_merge", "inc_overwrite", "--vars", SECOND)
    equal([(8,)], rows("select count(*) from inc_append"))


@case
def snapshot():
    dbt("snapshot")
    equal([(5, 5)], rows("select count(*), count(distinct customer_id) from snap_time where dbt_valid_to is null"))
    update("update customers set country = 'GB', updated_at = timestamp '2024-06-01 00:00:00' where customer_id = 1")
    update("delete from customers where customer_id = 5")
    update("update inc_merge set status = 'paid' where order_id = 2")
    dbt("snapshot")
    equal([(1, 2, 1), (5, 1, 0)], rows("select customer_id, count(*), count(if(dbt_valid_to is null, 1, null)) from snap_time"
                                         " where customer_id in (1, 5) group by 1 order by 1"), "the changed and the deleted")
    equal([("done", False), ("paid", True)], rows("select status, dbt_valid_to = to_timestamp('9999-12-31') from snap_check where order_id = 2 order by 1"))


def update(sql):
    with hive.connect(HOST, port=PORT, username="checker", database=SCHEMA) as connection:
        connection.cursor().execute(sql)


@case
def tests_pass():
    dbt("seed", "--full-refresh")
    results = dbt("test", "--exclude", "tag:broken")
    note(len(results), "tests")


@case
def tests_fail():
    results = dbt("test", "--select", "nobody_is_small", "warns", ok=False, expect={"nobody_is_small": "fail", "warns": "warn"})
    equal(1, results["warns"].failures)
    stored = rows(f"select count(*) from {SCHEMA}_dbt_test__audit.nobody_is_small")
    equal([(results["nobody_is_small"].failures,)], stored, "rows kept")


@case
def broken_models():
    results = dbt("run", "--select", "tag:broken", ok=False, expect={"nowhere": "error", "wrong": "error"})
    for name, word in (("nowhere", "no_such_table_anywhere"), ("wrong", "nope")):
        assert word in results[name].message, results[name].message


@case
def docs():
    dbt("docs", "generate", "--exclude", "tag:broken")
    catalog = json.loads((TARGET / "catalog.json").read_text())
    found = {key.split(".")[2]: node for key, node in catalog["nodes"].items()}
    note(sorted(found))
    equal(["customer_id", "full_name", "paid", "orders", "size"], list(found["dim_customers"]["columns"]), "columns")
    equal("view", found["stg_orders"]["metadata"]["type"], "type")
    equal("table", found["by_month"]["metadata"]["type"], "type")
    equal([], catalog["errors"] or [], "errors")


@case
def show_and_operations():
    shown = dbt("show", "--select", "dim_customers", "--limit", "2")
    equal(2, len(shown["dim_customers"].agate_table.rows))
    dbt("show", "--inline", "select * from {{ ref('orders') }} where status = 'it''s'")
    dbt("run-operation", "workshop")


@case
def source_freshness():
    results = dbt("source", "freshness")
    equal("warn", str(results["customers"].status))


@case
def build():
    dbt("build", "--select", "stg_customers+", "--exclude", "tag:broken", "--vars", SECOND)


@case
def clone():
    state = SCRATCH / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    shutil.copy(TARGET / "manifest.json", state)
    dbt("clone", "--select", "contracted", "--state", state, "--target", "ci")
    equal([(8,)], rows(f"select count(*) from {SCHEMA}_ci.contracted"))


def matrix():
    """Every format with every strategy and way to follow a changed schema, three runs each.
    The adapter drops no columns, so some are added only."""
    project = SCRATCH / "matrix"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: matrix\nversion: '1.0'\nconfig-version: 2\nprofile: nekomata\nvars: {generation: 1}\nmodels: {+materialized: incremental}\n"
    )
    changes = ("ignore", "append_new_columns", "sync_all_columns")
    for form in ("parquet", "orc", "csv", "json", "text", "hive", "delta", "iceberg", "hudi"):
        for strategy in ("append", "insert_overwrite", "merge"):
            if strategy == "merge" and form not in ("delta", "iceberg", "hudi"):
                continue
            for partitions in ("", "partition_by=['part'], "):
                for change in changes:
                    key = "unique_key='id', " if strategy == "merge" else ""
                    name = "_".join((form, strategy, "parts" if partitions else "whole", change))
                    (project / "models" / f"{name}.sql").write_text(
                        f"{{{{ config(file_format='{form}', incremental_strategy='{strategy}', {partitions}{key}on_schema_change='{change}') }}}}\n"
                        f"select id, concat('g', {{{{ var('generation') }}}}) as v, "
                        + ("" if change == "ignore" or partitions else "{% if var('generation') > 1 %}'new' as more, {% endif %}")
                        + "id % 2 as part from range({{ 2 + var('generation') * 2 }})"
                        " {% if is_incremental() %} where id >= 2 {% endif %}\n"
                    )
    for generation in (1, 2, 3):
        results = dbt("run", "--threads", "4", "--vars", f'{{"generation": {generation}}}', project=project)
    note(len(results), "models, three times")
    for name in results:
        if "_append_" in name.replace("append_new", ""):
            want = 4 + 4 + 6
        elif "merge" in name:
            want = 8
        else:
            want = 6  # the rows of the last run, in each partition that it touched
        equal([(want,)], rows(f"select count(*) from {name}"), name)
        if "merge" in name:
            equal([(2, 6)], rows(f"select count(if(v = 'g1', 1, null)), count(if(v = 'g3', 1, null)) from {name}"), name)


if os.environ.get("E2E_FULL"):
    case(matrix)


@case
def clean_up():
    dbt("run-operation", "sweep")
    equal([], rows(f"show databases like '{SCHEMA}*'", "default"))


run(sys.argv[5] if len(sys.argv) > 5 else "")
