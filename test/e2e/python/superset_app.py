"""Drives Superset itself through its REST API: installs its metadata in SQLite,
starts it, adds the gateway as a database, and works as its pages do.

Usage: superset_app.py HOST PORT SCHEMA SCRATCH
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

import requests
from report import case, equal, note, run

HOST, PORT, SCHEMA, SCRATCH = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
LONG = "select count(*) from slow where id < 15000000 or " + "md5(" * 30 + "cast(id as string)" + ")" * 30 + " = 'x'"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


WEB = free_port()
BASE = f"http://127.0.0.1:{WEB}/api/v1"
HTTP = requests.Session()
STATE = {}


def prepare():
    config = SCRATCH / "superset_config.py"
    config.write_text(
        f'''
SECRET_KEY = "only for a test, and long enough for it"
SQLALCHEMY_DATABASE_URI = "sqlite:///{SCRATCH}/superset.db?check_same_thread=false"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
DB_POLL_INTERVAL_SECONDS = {{"hive": 1}}
'''
    )
    os.environ.update(SUPERSET_CONFIG_PATH=str(config), SUPERSET_HOME=str(SCRATCH), FLASK_APP="superset.app:create_app()")


def superset(*args):
    program = str(pathlib.Path(sys.executable).parent / "superset")
    start = time.monotonic()
    done = subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    note(f"superset {' '.join(args[:2])}: {time.monotonic() - start:.0f} s")


def call(method, path, body=None, ok=(200, 201, 202), timeout=120):
    answer = HTTP.request(method, BASE + path, json=body, timeout=timeout)
    assert answer.status_code in ok, f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
    return answer.json()


def sql_lab(sql, client_id=None, schema=SCHEMA, ok=(200, 201, 202), timeout=120):
    body = {"database_id": STATE["database"], "sql": sql, "schema": schema, "runAsync": False, "queryLimit": 1000, "client_id": client_id or os.urandom(5).hex()}
    return call("POST", "/sqllab/execute/", body, ok, timeout)


def rows(answer):
    return [tuple(row.values()) for row in answer["data"]]


@case
def install():
    superset("db", "upgrade")
    superset("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@example.org", "--password", "admin")
    superset("init")


@case
def start():
    program = str(pathlib.Path(sys.executable).parent / "superset")
    log = open(SCRATCH / "superset.log", "w")
    STATE["process"] = subprocess.Popen([program, "run", "-h", "127.0.0.1", "-p", str(WEB), "--with-threads"], stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 180
    while True:
        try:
            if requests.get(f"http://127.0.0.1:{WEB}/health", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        assert time.monotonic() < deadline and STATE["process"].poll() is None, (SCRATCH / "superset.log").read_text()[-3000:]
        time.sleep(0.5)


@case
def login():
    token = call("POST", "/security/login", {"username": "admin", "password": "admin", "provider": "db", "refresh": True})["access_token"]
    HTTP.headers["Authorization"] = f"Bearer {token}"


@case
def add_database():
    uri = f"hive://superset@{HOST}:{PORT}/default"
    note(uri, call("POST", "/database/test_connection/", {"sqlalchemy_uri": uri, "database_name": "nekomata", "extra": "{}", "impersonate_user": False}))
    answer = call("POST", "/database/", {"sqlalchemy_uri": uri, "database_name": "nekomata", "expose_in_sqllab": True, "allow_ctas": True, "allow_cvas": True, "allow_dml": True})
    STATE["database"] = answer["id"]
    note("database", answer["id"])


@case
def make_table():
    sql_lab(f"create database if not exists {SCHEMA}", schema="default")
    sql_lab("create table flights (id int, city string, amount decimal(12,2), at timestamp) partitioned by (ds string) stored as parquet")
    sql_lab("insert into flights partition (ds = '2024-01-01') select id, if(id % 2 = 0, 'Lyon', 'Bern'), id / 4, from_unixtime(1704067200 + id * 86400) from range(100)")


@case
def explore():
    schemas = call("GET", f"/database/{STATE['database']}/schemas/?q=(force:!t)")["result"]
    assert SCHEMA in schemas, schemas
    tables = call("GET", f"/database/{STATE['database']}/tables/?q=(force:!t,schema_name:{SCHEMA})")["result"]
    equal(["flights"], [t["value"] for t in tables])
    table = call("GET", f"/database/{STATE['database']}/table_metadata/?name=flights&schema={SCHEMA}")
    note(table["selectStar"])
    equal(["id", "city", "amount", "at", "ds"], [c["name"] for c in table["columns"]])
    note(call("GET", f"/database/{STATE['database']}/table_metadata/extra/?name=flights&schema={SCHEMA}"))
    equal(["ds"], [c for i in table["indexes"] for c in i["column_names"]])
    functions = call("GET", f"/database/{STATE['database']}/function_names/")["function_names"]
    assert "from_unixtime" in functions, functions[:20]


@case
def sql_lab_select():
    answer = sql_lab("select city, count(*) as n, sum(amount) as s from flights group by city order by city")
    note(answer["status"], answer["data"], [(c["column_name"], c["type"]) for c in answer["columns"]])
    equal(("success", [("Bern", 50), ("Lyon", 50)]), (answer["status"], [r[:2] for r in rows(answer)]))


@case
def sql_lab_error():
    answer = sql_lab("select * from nothing_here", ok=(200, 400, 422, 500))
    note(json.dumps(answer)[:400])
    assert "TABLE_DOES_NOT_EXIST_ERROR" in json.dumps(answer) and "nothing_here" in json.dumps(answer)


@case
def chart_data():
    dataset = call("POST", "/dataset/", {"database": STATE["database"], "schema": SCHEMA, "table_name": "flights"})["id"]
    call("PUT", f"/dataset/{dataset}", {"main_dttm_col": "at"})
    metric = {"expressionType": "SQL", "sqlExpression": "SUM(amount)", "label": "total"}
    # Superset's expression for a week gives each day a date of its own.
    for grain, want in (("P1M", 4), ("P1D", 100), ("P3M", 2), ("P1Y", 1), ("P1W", 100)):
        request = {
            "datasource": {"id": dataset, "type": "table"}, "force": True,
            "queries": [{
                "columns": [{"timeGrain": grain, "columnType": "BASE_AXIS", "sqlExpression": "at", "label": "at", "expressionType": "SQL"}],
                "metrics": [metric], "filters": [{"col": "city", "op": "IN", "val": ["Lyon", "Bern"]}],
                "granularity": "at", "time_range": "2024-01-01 : 2025-01-01", "extras": {"time_grain_sqla": grain}, "row_limit": 1000,
            }],
            "result_format": "json", "result_type": "full",
        }
        result = call("POST", "/chart/data", request)["result"][0]
        equal(None, result.get("error"), "error")
        equal(want, result["rowcount"], grain)
        note(grain, result["rowcount"], "rows;", " ".join(result["query"].split())[:200])


@case
def progress_and_cancel():
    sql_lab("create table slow as select id from range(20000000)")
    client_id, answer = os.urandom(5).hex(), {}

    def work():
        answer.update(sql_lab(LONG, client_id, ok=range(200, 600), timeout=300))

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    progress, deadline = 0, time.monotonic() + 120
    while not progress and worker.is_alive() and time.monotonic() < deadline:
        time.sleep(0.3)
        listed = call("GET", "/query/?q=(order_column:start_time,order_direction:desc,page_size:5)")["result"]
        for entry in listed:
            if LONG in (entry.get("sql") or ""):
                detail = call("GET", f"/query/{entry['id']}")["result"]
                progress = detail.get("progress") or 0
                STATE["query"] = entry["id"]
    note("progress", progress)
    start = time.monotonic()
    note(call("POST", "/query/stop", {"client_id": client_id}))
    worker.join(60)
    assert not worker.is_alive(), "it ends"
    note(f"ended {time.monotonic() - start:.1f} s after stop:", json.dumps(answer)[:300])
    equal("stopped", call("GET", f"/query/{STATE['query']}")["result"]["status"])
    assert progress > 0, "progress is shown"
    equal([(1,)], rows(sql_lab("select 1 as one")))


@case
def stop():
    sql_lab(f"drop database {SCHEMA} cascade", schema="default")
    STATE["process"].terminate()
    STATE["process"].wait(30)


prepare()
try:
    run()
finally:
    if STATE.get("process") and STATE["process"].poll() is None:
        STATE["process"].kill()
