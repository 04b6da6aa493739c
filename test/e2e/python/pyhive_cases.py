"""The PyHive cases against one server.

Prints one line for each: "ok NAME" or "FAIL NAME: why", then "done N"; lines that
begin with "# " are for people. Usage: pyhive_cases.py HOST PORT SCHEMA [REGEXP [AUTH]]
"""

import datetime
import decimal
import re
import sys
import time
import traceback

from pyhive import exc, hive
from TCLIService.ttypes import TOperationState

HOST, PORT, SCHEMA = sys.argv[1], int(sys.argv[2]), sys.argv[3]
WANTED = re.compile(sys.argv[4] if len(sys.argv) > 4 else "")
ENDLESS = "select count(*) from range(1000000) a(i), range(1000000) b(j) where i * j % 7 = 3"
AUTH = sys.argv[5] if len(sys.argv) > 5 else "NONE"
CASES = []
RUNNING = (TOperationState.INITIALIZED_STATE, TOperationState.PENDING_STATE, TOperationState.RUNNING_STATE)


def case(function):
    CASES.append(function)
    return function


def connect(**options):
    options.setdefault("database", SCHEMA)
    if AUTH == "HTTP":
        return hive.connect(HOST, port=PORT, scheme="http", username="tester", password="secret", auth="BASIC", **options)
    return hive.connect(HOST, port=PORT, username="tester", auth=AUTH, **options)


def equal(want, got, what=""):
    assert want == got, f"{what}: want {want!r}, got {got!r}"


def fails(action, kind=exc.Error):
    try:
        action()
    except kind as error:
        print("# failed as it should:", str(error).replace("\n", "\\n")[:300])
        return error
    raise AssertionError("it must fail")


def wait(cursor):
    while True:
        state = cursor.poll().operationState
        if state not in RUNNING:
            return state
        time.sleep(0.05)


@case
def select():
    cursor = connect().cursor()
    cursor.execute("select 1 as one, 'x' as two")
    equal([(1, "x")], cursor.fetchall())
    equal(["one", "two"], [column[0] for column in cursor.description])
    equal(["INT_TYPE", "STRING_TYPE"], [column[1] for column in cursor.description])


@case
def ddl_dml_join():
    cursor = connect().cursor()
    for sql in (
        "drop table if exists people",
        "drop table if exists pets",
        "create table people (id int, name string)",
        "create table pets (owner int, pet string)",
        "insert into people values (1, 'ann'), (2, 'bob')",
        "insert into table pets values (1, 'cat'), (1, 'dog')",
    ):
        cursor.execute(sql)
        equal(None, cursor.description, "no columns of " + sql)
    cursor.execute("select name, count(pet) from people left join pets on id = owner group by name order by name")
    equal([("ann", 2), ("bob", 0)], cursor.fetchall())


@case
def insert_in_a_loop():
    # Not executemany: PyHive fetches after each statement there, which it refuses
    # itself when a statement has no result, as every INSERT in HiveServer2.
    cursor = connect().cursor()
    cursor.execute("drop table if exists many")
    cursor.execute("create table many (id int, name string)")
    for i in range(10):
        cursor.execute("insert into many values (%s, %s)", (i, f"n'{i}"))
    cursor.execute("select id, name from many order by id")
    equal([(i, f"n'{i}") for i in range(10)], cursor.fetchall())


@case
def fetching():
    cursor = connect().cursor()
    cursor.arraysize = 7
    cursor.execute("select i from range(100) t(i) order by i")
    equal((0,), cursor.fetchone())
    equal([(i,) for i in range(1, 11)], cursor.fetchmany(10))
    equal([(i,) for i in range(11, 100)], cursor.fetchall())
    equal(None, cursor.fetchone(), "after the end")
    equal([], cursor.fetchmany(5), "after the end")
    cursor.execute("select i from range(5000) t(i)")
    equal(5000, sum(1 for _ in cursor), "rows by iteration")


@case
def large_result():
    cursor = connect().cursor()
    cursor.arraysize = 10000
    cursor.execute("select i, concat('row ', cast(i as string)) from range(200000) t(i) order by i")
    for want, row in enumerate(cursor):
        if row != (want, f"row {want}"):
            raise AssertionError(f"row {want} is {row}")
    equal(199999, want, "the last row")


@case
def strings_come_back():
    nasty = [
        "", "it's", "''", "back\\slash", "C:\\new\\table", "\\", "\\'", "ends with \\", '"double"', "`back`", "semi;colon", "-- comment",
        "/* comment */", "100%%", "tab\there", "line\nbreak", "cr\rlf\r\n", "\u00e9\u00df\u4e2d\u6587", "\U0001f431", "$$", "x' or '1'='1",
        "\\n", "\\\\", "\\u0041", "'; drop table t; --", "\\' or 1=1 --", "\x01\x7f",
    ]
    cursor = connect().cursor()
    for text in nasty:
        cursor.execute("select %s as v, %s as w", (text, "after"))
        equal([(text, "after")], cursor.fetchall(), "parameter")
        cursor.execute("select %(text)s as v", {"text": text})
        equal([(text,)], cursor.fetchall(), "named parameter")


@case
def typed_parameters():
    cursor = connect().cursor()
    cursor.execute(
        "select %s, %s, %s, %s, cast(%s as date), cast(%s as timestamp)",
        (1, 2.5, True, None, datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 1, 2, 3)),
    )
    row = cursor.fetchone()
    equal((1, 2.5, True, None), (row[0], float(row[1]), row[2], row[3]))
    equal(("2024-02-29", datetime.datetime(2024, 2, 29, 1, 2, 3)), row[4:], "PyHive leaves dates as text")
    cursor.execute("select count(*) from range(10) t(i) where i in %s", ([1, 2, 3],))
    equal([(3,)], cursor.fetchall(), "a list")


@case
def types():
    cursor = connect().cursor()
    cursor.execute(
        "select true, cast(1 as tinyint), cast(2 as smallint), cast(3 as int), cast(4 as bigint), cast(1.5 as float), cast(2.5 as double),"
        " cast(12.34 as decimal(10,2)), 'text', date '2024-02-29', timestamp '2024-02-29 01:02:03.5', cast('abc' as binary), null"
    )
    equal(
        [(True, 1, 2, 3, 4, 1.5, 2.5, decimal.Decimal("12.34"), "text", "2024-02-29",
          datetime.datetime(2024, 2, 29, 1, 2, 3, 500000), b"abc", None)],
        cursor.fetchall(),
    )
    names = [column[1] for column in cursor.description]
    equal(["BOOLEAN_TYPE", "TINYINT_TYPE", "SMALLINT_TYPE", "INT_TYPE", "BIGINT_TYPE", "FLOAT_TYPE", "DOUBLE_TYPE", "DECIMAL_TYPE",
           "STRING_TYPE", "DATE_TYPE", "TIMESTAMP_TYPE", "BINARY_TYPE"], names[:12])


@case
def nulls():
    cursor = connect().cursor()
    cursor.execute("select case when i % 3 = 0 then null else i end, case when i % 2 = 0 then null else 'x' end from range(100) t(i) order by i")
    equal([(None if i % 3 == 0 else i, None if i % 2 == 0 else "x") for i in range(100)], cursor.fetchall())


@case
def asynchronous():
    cursor = connect().cursor()
    cursor.execute("select count(*) from range(1000)", async_=True)
    equal(TOperationState.FINISHED_STATE, wait(cursor), "state")
    equal([(1000,)], cursor.fetchall())
    cursor.execute("select case when i > 10 then error('stop') else i end from range(100) t(i)", async_=True)
    equal(TOperationState.ERROR_STATE, wait(cursor), "state")


@case
def cancel():
    connection = connect()
    cursor = connection.cursor()
    cursor.execute(ENDLESS, async_=True)
    time.sleep(0.5)
    assert cursor.poll().operationState in RUNNING, "it runs"
    start = time.monotonic()
    cursor.cancel()
    equal(TOperationState.CANCELED_STATE, wait(cursor), "state")
    print(f"# ended {(time.monotonic() - start) * 1000:.0f} ms after cancel")
    again = connection.cursor()
    again.execute("select 1")
    equal([(1,)], again.fetchall(), "the connection goes on")


@case
def logs():
    cursor = connect().cursor()
    cursor.execute("select count(*) from range(1000)", async_=True)
    wait(cursor)
    lines = cursor.fetch_logs()
    print("# log:", lines)
    assert lines, "a log"


@case
def errors():
    connection = connect()
    for sql, state, word in (
        ("selec 1", "42601", "selec"),
        ("select * from no_such_table", "42P01", "Table not found"),
        ("select nope from range(1)", "42703", "nope"),
    ):
        error = fails(lambda: connection.cursor().execute(sql), exc.OperationalError)
        status = error.args[0].status
        equal(state, status.sqlState, "SQLSTATE of " + sql)
        assert word in status.errorMessage, status.errorMessage
        cursor = connection.cursor()
        cursor.execute("select 1")
        equal([(1,)], cursor.fetchall(), "the connection goes on")


@case
def absent_database():
    error = fails(lambda: connect(database="no_such_db"), Exception)
    assert "no_such_db" in str(error), error


@case
def configuration():
    cursor = connect(configuration={"tester.key": "some value"}).cursor()
    cursor.execute("set tester.key")
    assert "some value" in str(cursor.fetchall())


@case
def reflection():
    cursor = connect().cursor()
    cursor.execute("drop table if exists reflected")
    cursor.execute("create table reflected (id int, name string)")
    cursor.execute("show tables")
    assert "reflected" in [row[0] for row in cursor.fetchall()], "show tables"
    cursor.execute("describe reflected")
    equal([("id", "int"), ("name", "string")], [row[:2] for row in cursor.fetchall()], "describe")
    cursor.execute("show databases")
    assert SCHEMA in [row[0] for row in cursor.fetchall()], "show databases"


@case
def closing():
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("select * from range(100000)")
    cursor.fetchone()
    cursor.close()
    connection.close()
    cursor = connect().cursor()
    cursor.execute("select 1")
    equal([(1,)], cursor.fetchall(), "the next connection")


def main():
    setup = connect(database="default").cursor()
    setup.execute(f"drop schema if exists {SCHEMA} cascade")
    setup.execute(f"create schema {SCHEMA}")
    ran = 0
    for function in CASES:
        if not WANTED.search(function.__name__):
            continue
        ran += 1
        try:
            function()
            print("ok", function.__name__)
        except BaseException as error:  # the report is the point
            print("#", traceback.format_exc().replace("\n", "\n# "))
            print(f"FAIL {function.__name__}: {error!r}".replace("\n", "\\n"))
        sys.stdout.flush()
    print("done", ran)


main()
