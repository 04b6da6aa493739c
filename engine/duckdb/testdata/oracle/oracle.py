"""Asks Spark, set up to answer as Hive does, what expressions.txt asks.

    python3 oracle.py [known.jsonl] > answers.jsonl

needs pyspark 4.3.0 and Java 17. What known.jsonl, a copy of earlier answers, has is
not asked again. It writes a line for each question: the text, and
the names and types of the columns with the rows in Hive's text form, or Spark's
error. Run it again when expressions.txt has changed, and commit both.
"""

import datetime
import decimal
import json
import pathlib
import struct
import sys

from pyspark.sql import Row, SparkSession

HERE = pathlib.Path(__file__).parent

# What Hive does: no errors for values that don't fit, SimpleDateFormat's patterns,
# the last of two equal keys.
SETTINGS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "LEGACY",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.storeAssignmentPolicy": "LEGACY",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def double(v):
    """The text that Java gives a double."""
    if v != v:
        return "NaN"
    if v in (float("inf"), float("-inf")):
        return "Infinity" if v > 0 else "-Infinity"
    if v == 0 or 1e-3 <= abs(v) < 1e7:
        text = format(decimal.Decimal(repr(v)), "f")
        return text if "." in text else text + ".0"
    sign, digits, exponent = decimal.Decimal(repr(v)).as_tuple()
    digits = "".join(map(str, digits))
    exponent += len(digits) - 1
    digits = digits.rstrip("0")
    return ("-" if sign else "") + digits[0] + "." + (digits[1:] or "0") + "E" + str(exponent)


def single(v):
    """The shortest double that is this float."""
    for digits in range(1, 10):
        short = float(format(v, f".{digits}g"))
        if struct.pack("f", short) == struct.pack("f", v):
            return short
    return v


def text(v, nested=False):
    """The text that Hive gives a value."""
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        return double(v)
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, int):
        return str(v)
    if isinstance(v, dict):
        return "{" + ",".join(text(k, True) + ":" + text(x, True) for k, x in v.items()) + "}"
    if isinstance(v, Row):
        return "{" + ",".join(json.dumps(k) + ":" + text(x, True) for k, x in v.asDict().items()) + "}"
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(text(x, True) for x in v) + "]"
    if isinstance(v, datetime.datetime):
        v = str(v).rstrip("0") if v.microsecond else str(v)
    if isinstance(v, (bytes, bytearray)):
        v = bytes(v).decode("utf-8", "replace")
    if nested:
        return json.dumps(str(v), ensure_ascii=False)
    return str(v)


def query(question):
    return question if question.split()[0].lower() in ("select", "with", "from") else "select " + question


def answer(spark, question):
    sql = query(question)
    line = {"sql": sql}
    try:
        frame = spark.sql(sql)
        rows = frame.collect()
    except Exception as e:
        line["error"] = str(e).split("]")[0].lstrip("[").split("\n")[0]
        return line
    names = [f.name for f in frame.schema]
    if sql != question:
        names = None  # the reference's form of the expression
    line["types"] = [f.dataType.simpleString() for f in frame.schema]
    if names:
        line["names"] = names
    floats = [t == "float" for t in line["types"]]
    line["rows"] = [[None if v is None else text(single(v) if f else v) for v, f in zip(row, floats)] for row in rows]
    return line


def main():
    builder = SparkSession.builder.master("local[1]").appName("oracle")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    known = {}
    for file in sys.argv[1:]:
        for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
            known[json.loads(line)["sql"]] = line
    for question in (HERE / "expressions.txt").read_text(encoding="utf-8").splitlines():
        question = question.strip()
        if question.startswith("setup:"):
            spark.sql(question.removeprefix("setup:"))
        elif question and not question.startswith("#"):
            print(known.get(query(question)) or json.dumps(answer(spark, question), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
