# Counts words, and leaves its marks for the test.
import sys

from pyspark.sql import SparkSession

source, result = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
lines = spark.read.text(source).rdd.map(lambda row: row.value)
counts = lines.flatMap(str.split).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
with open(result, "w") as f:
    for word, n in sorted(counts.collect()):
        print(word, n, file=f)
conf = spark.sparkContext.getConf()
# In one piece: Spark writes to the same log meanwhile.
print(f"app {spark.sparkContext.appName} batch {conf.get('spark.kyuubi.batch.id')} mine {conf.get('spark.my.key')}")
spark.stop()
