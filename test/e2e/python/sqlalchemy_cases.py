"""SQLAlchemy and pandas through PyHive's dialect; for SQLAlchemy 1.4 and 2.

Usage: sqlalchemy_cases.py HOST PORT SCHEMA [REGEXP]
"""

import datetime
import decimal
import sys
import warnings

import pandas
import sqlalchemy as sa
from report import case, equal, fails, note, run
from sqlalchemy import exc

HOST, PORT, SCHEMA = sys.argv[1], int(sys.argv[2]), sys.argv[3]
warnings.filterwarnings("ignore", category=exc.SADeprecationWarning)
warnings.filterwarnings("ignore", category=getattr(exc, "RemovedIn20Warning", exc.SADeprecationWarning))
warnings.filterwarnings("ignore", message=".*pandas only supports SQLAlchemy.*")

metadata = sa.MetaData()
people = sa.Table(
    "people", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("amount", sa.Numeric(12, 2)),  # PyHive makes it DECIMAL, which is DECIMAL(10,0)
    sa.Column("score", sa.Float),
    sa.Column("ok", sa.Boolean),
    sa.Column("seen", sa.DateTime),
    sa.Column("note", sa.Text, comment="what's to say"),
    sa.Column("at", sa.BigInteger),  # a word that DuckDB reserves
    comment="everybody's table",
)
orders = sa.Table("orders", metadata, sa.Column("order_id", sa.Integer), sa.Column("person_id", sa.Integer), sa.Column("total", sa.Numeric(12, 2)))

NASTY = [
    "", " ", "it's", "''", "'", "back\\slash", "C:\\new\\table", "\\", "\\'", "\\\\'", "ends with \\", '"double"', "`back`", "semi;colon",
    "-- comment", "/* comment */", "tab\there", "line\nbreak", "cr\rlf\r\n", "éß中文", "\U0001f431", "$$", "$$ it's $$", "${hiveconf:x}", "?", ":name",
    "x' or '1'='1", "\\n", "\\\\", "\\u0041", "'; drop table people; --", "\\' or 1=1 --", "\x01\x7f", "\x1f", "null", "%(x)s", "100%", "%s",
]


def engine(database=SCHEMA, **options):
    return sa.create_engine(f"hive://tester@{HOST}:{PORT}/{database}", **options)


ENGINE = engine()


def ask(statement, parameters=None):
    with ENGINE.connect() as connection:
        return [tuple(row) for row in connection.execute(statement, parameters or {}).fetchall()]


@case
def create_all():
    with engine("default").connect() as connection:
        connection.execute(sa.text(f"create database if not exists {SCHEMA}"))
    metadata.create_all(ENGINE)
    metadata.create_all(ENGINE)  # they are there
    equal({"people", "orders"}, set(sa.inspect(ENGINE).get_table_names()))


@case
def insert():
    rows = [
        (1, "Ann", decimal.Decimal("10"), 1.5, True, datetime.datetime(2024, 1, 1, 8, 0, 0), "it's", 1),
        (2, "Bob", None, None, None, None, None, None),
        (3, "猫", decimal.Decimal("-1"), 0.25, False, datetime.datetime(1999, 12, 31, 23, 59, 59, 999000), "back\\slash", 9223372036854775807),
    ]
    with ENGINE.connect() as connection:
        for row in rows:
            values = dict(zip([c.name for c in people.columns], row))
            # PyHive binds no Decimal and writes times as text.
            values["amount"] = None if row[2] is None else sa.cast(str(row[2]), sa.Numeric(12, 2))
            connection.execute(people.insert().values(**values))
        connection.execute(orders.insert().values([{"order_id": i, "person_id": 1 + i % 2, "total": i} for i in range(4)]))
    equal([(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]) for r in rows], ask(sa.select(people).order_by(people.c.id) if sa.__version__ > "2" else people.select().order_by(people.c.id)))


@case
def queries():
    count = sa.func.count()
    joined = people.join(orders, people.c.id == orders.c.person_id)
    select = sa.select if sa.__version__ > "2" else lambda *columns: sa.select(list(columns))
    equal([(3,)], ask(select(count).select_from(people)))
    statement = select(people.c.name, sa.func.sum(orders.c.total)).select_from(joined).group_by(people.c.name).order_by(people.c.name)
    equal([("Ann", decimal.Decimal("2.00")), ("Bob", decimal.Decimal("4.00"))], ask(statement))
    equal([(3,), (1,)], ask(select(people.c.id).where(people.c.name != "Bob").order_by(people.c.id.desc())))
    equal([("Ann",)], ask(select(people.c.name).where(sa.and_(people.c.name.like("A%"), people.c.id.in_([1, 2]), people.c.ok.is_(True)))))
    equal([(2,)], ask(select(people.c.id).where(people.c.amount.is_(None))))
    equal([("Ann",)], ask(select(people.c.name).order_by(people.c.id).limit(1)))
    equal([("2024-01-01 08:00:00",)], ask(select(sa.cast(people.c.seen, sa.String)).where(people.c.id == 1)))
    equal([(1,)], ask(select(people.c.at).where(people.c.at == 1)))
    both = sa.union_all(select(people.c.id).where(people.c.id == 1), select(orders.c.order_id).where(orders.c.order_id == 0))
    equal([(0,), (1,)], sorted(ask(both)))
    sub = select(orders.c.person_id).where(orders.c.total > 1)
    equal([("Ann",), ("Bob",)], ask(select(people.c.name).where(people.c.id.in_(sub)).order_by(people.c.name)))
    if sa.__version__ < "2":
        return  # it takes the texts that PyHive gives for bytes in what follows
    case_of = sa.case((people.c.id > 1, "many"), else_="one")
    equal([("one",), ("many",), ("many",)], ask(select(case_of).order_by(people.c.id)))
    over = sa.func.row_number().over(order_by=people.c.id.desc())
    equal([(1, 3), (2, 2), (3, 1)], ask(select(people.c.id, over).order_by(people.c.id)))


@case
def parameters():
    for text in NASTY:
        equal([(text, "after")], ask(sa.text("select :v as v, :w as w"), {"v": text, "w": "after"}), "text()")
        if sa.__version__ > "2":  # 1.4 takes the texts that PyHive gives for bytes there
            equal([(text,)], ask(sa.select(sa.literal(text))), "literal()")
        equal({"it's": [(1,)], "back\\slash": [(3,)]}.get(text, []), ask(sa.text("select id from people where note = :v"), {"v": text}), "where")


@case
def strings_in_and_out():
    table = sa.Table("texts", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("v", sa.String))
    table.create(ENGINE)
    with ENGINE.connect() as connection:
        for i in range(0, len(NASTY), 10):
            connection.execute(table.insert().values([{"id": j, "v": NASTY[j]} for j in range(i, min(i + 10, len(NASTY)))]))
    equal(list(enumerate(NASTY)), ask(table.select().order_by(table.c.id)))
    for i, text in enumerate(NASTY):
        equal([(i, text)], ask(table.select().where(table.c.v == text)), "found by itself")
    table.drop(ENGINE)
    assert not sa.inspect(ENGINE).has_table("texts")


@case
def typed_parameters():
    row = ask(sa.text("select :i, :f, :b, :n, cast(:d as date), cast(:t as timestamp)"),
              {"i": 7, "f": 2.5, "b": True, "n": None, "d": datetime.date(2024, 2, 29), "t": datetime.datetime(2024, 2, 29, 1, 2, 3, 5000)})[0]
    equal((7, 2.5, True, None), (row[0], float(row[1]), row[2], row[3]))
    equal(("2024-02-29", datetime.datetime(2024, 2, 29, 1, 2, 3, 5000)), (str(row[4])[:10], row[5]))


@case
def reflection():
    inspector = sa.inspect(ENGINE)
    assert SCHEMA in inspector.get_schema_names(), "schemas"
    equal(["id", "name", "amount", "score", "ok", "seen", "note", "at"], [c["name"] for c in inspector.get_columns("people")])
    kinds = [type(c["type"]).__name__ for c in inspector.get_columns("people", schema=SCHEMA)]
    equal(["Integer", "String", "HiveDecimal", "Float", "Boolean", "HiveTimestamp", "String", "BigInteger"], kinds)
    equal([], inspector.get_pk_constraint("people")["constrained_columns"] if isinstance(inspector.get_pk_constraint("people"), dict) else [], "keys")
    equal([], inspector.get_foreign_keys("people"), "foreign keys")
    assert inspector.has_table("people") and not inspector.has_table("nobody"), "has_table"
    fails(lambda: inspector.get_columns("nobody"), exc.NoSuchTableError, "nobody")
    reflected = sa.Table("people", sa.MetaData(), autoload_with=ENGINE)
    equal([c.name for c in people.columns], [c.name for c in reflected.columns])
    equal([(3,)], ask(sa.text("select count(*) from people")))


@case
def partitions_are_an_index():
    with ENGINE.connect() as connection:
        connection.execute(sa.text("create table parts (id int, v string) partitioned by (ds string, hr int) stored as parquet"))
        connection.execute(sa.text("insert into parts partition (ds = '2024-01-01', hr = 1) values (1, 'a')"))
    inspector = sa.inspect(ENGINE)
    equal(["id", "v", "ds", "hr"], [c["name"] for c in inspector.get_columns("parts")])
    indexes = inspector.get_indexes("parts")
    equal((["ds", "hr"], False), (indexes[0]["column_names"], indexes[0]["unique"]))


@case
def comments_are_kept():
    # PyHive's compiler writes no comments, so they come as DDL.
    with ENGINE.connect() as connection:
        connection.execute(sa.text("create table noted (a int comment 'the a''s', b string comment 'back\\\\slash; \\'quoted\\'') comment 'it\\'s noted'"))
        described = {r[0]: r for r in connection.execute(sa.text("describe formatted noted")).fetchall()}
    equal(("the a's", "back\\slash; 'quoted'"), (described["a"][2], described["b"][2]))
    equal("it's noted", described["Comment"][1])


@case
def views_and_dotted_names():
    with ENGINE.connect() as connection:
        connection.execute(sa.text("create or replace view grown as select id, concat(name, '!') as loud from people where id < 3"))
        row = connection.execute(sa.text("select people.id, people.name from people where id = 1")).fetchone()
        equal((1, "Ann"), (row.id, row.name))
    assert "grown" in sa.inspect(ENGINE).get_view_names(), "PyHive lists tables as views"
    equal([(1, "Ann!"), (2, "Bob!")], ask(sa.text("select * from grown order by id")))


@case
def pandas_to_sql():
    frame = pandas.DataFrame({
        "a": [1, 2, 3], "b": ["x", None, "it's \\ 猫"], "c": [0.5, None, -1.25], "d": [True, False, True],
        "t": pandas.to_datetime(["2024-01-01 00:00:00", "2024-02-29 12:30:00", None]),
    })
    frame.to_sql("frame", ENGINE, index=False, method="multi", if_exists="replace")
    frame.to_sql("frame", ENGINE, index=False, method="multi", if_exists="append")
    equal([(6,)], ask(sa.text("select count(*) from frame")))
    equal([(1, "x", 0.5, True), (2, None, None, False), (3, "it's \\ 猫", -1.25, True)], ask(sa.text("select distinct a, b, c, d from frame order by a")))
    equal(["bigint", "string", "float", "boolean", "timestamp"], [r[1] for r in ask(sa.text("describe frame"))])


@case
def pandas_read_sql():
    frame = pandas.read_sql("select * from frame order by a, b", ENGINE)
    equal(["a", "b", "c", "d", "t"], list(frame.columns))
    equal((6, 5), frame.shape)
    equal("2024-02-29 12:30:00", str(frame["t"][2]))
    some = pandas.read_sql(sa.text("select a, b from frame where b = :b"), ENGINE, params={"b": "it's \\ 猫"})
    equal([3, 3], list(some["a"]))
    chunks = list(pandas.read_sql("select id, cast(id as double) / 2 as half from range(2500)", ENGINE, chunksize=1000))
    equal([1000, 1000, 500], [len(c) for c in chunks])
    table = pandas.read_sql_table("people", ENGINE, schema=SCHEMA)
    equal((3, 8), table.shape)


@case
def errors():
    error = fails(lambda: ask(sa.text("select * from nobody")), exc.OperationalError, "Table not found", "42P01")
    note(type(error.orig).__name__)
    fails(lambda: ask(sa.text("selec 1")), exc.OperationalError, "42601")


@case
def pools():
    pooled = engine(pool_size=4, pool_pre_ping=True)
    for _ in range(3):
        with pooled.connect() as connection:
            equal(1, connection.execute(sa.text("select 1")).scalar())
    with pooled.connect() as one, pooled.connect() as two:
        one.execute(sa.text("set tester.key=one"))
        equal("one", one.execute(sa.text("set tester.key")).fetchone()[1])
        note(two.execute(sa.text("set tester.key")).fetchone())
    pooled.dispose()


@case
def drop_all():
    metadata.drop_all(ENGINE)
    assert "people" not in sa.inspect(ENGINE).get_table_names()
    with engine("default").connect() as connection:
        connection.execute(sa.text(f"drop database {SCHEMA} cascade"))


note("SQLAlchemy", sa.__version__, "pandas", pandas.__version__)
run(sys.argv[4] if len(sys.argv) > 4 else "")
