import org.apache.spark.sql.SparkSession;

/** Adds up numbers on Spark, as many as its argument says. */
public final class Count {
    public static void main(String[] args) {
        SparkSession spark = SparkSession.builder().getOrCreate();
        long n = Long.parseLong(args[0]);
        System.out.println("sum " + spark.range(n).selectExpr("sum(id)").first().getLong(0));
        spark.stop();
    }

    private Count() {}
}
