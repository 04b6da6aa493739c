import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;

/** Results: large, wide, empty, side by side, read twice. */
final class ResultCases {
    static void addTo(Map<String, Main.Case> cases) {
        cases.put("results/a million rows", ResultCases::million);
        cases.put("results/fetch size", ResultCases::fetchSize);
        cases.put("results/max rows", ResultCases::maxRows);
        cases.put("results/several open at once", ResultCases::severalOpen);
        cases.put("results/several connections", ResultCases::severalConnections);
        cases.put("results/empty", ResultCases::empty);
        cases.put("results/wide", ResultCases::wide);
        cases.put("results/big cells", ResultCases::bigCells);
        cases.put("results/read again", ResultCases::readAgain);
    }

    private static void million(Env env) throws Exception {
        try (Statement s = env.connect().createStatement()) {
            s.setFetchSize(10000);
            try (ResultSet r = s.executeQuery("select i, concat('row ', cast(i as string)) as s, cast(i as double) / 2 as d,"
                + " case when i % 10 = 0 then null else i end as n from range(1000000) t(i) order by i")) {
                for (long i = 0; i < 1_000_000; i++) {
                    if (!r.next()) {
                        throw new AssertionError("ended after " + i + " rows");
                    }
                    if (r.getLong(1) != i || !r.getString(2).equals("row " + i) || r.getDouble(3) != i / 2.0
                        || (i % 10 == 0) != (r.getString(4) == null)) {
                        throw new AssertionError("row " + i + " is " + r.getLong(1) + ", " + r.getString(2) + ", " + r.getDouble(3));
                    }
                }
                Env.check(!r.next(), "a million rows and no more");
            }
        }
    }

    private static void fetchSize(Env env) throws Exception {
        Connection c = env.connect();
        for (int size : new int[] {1, 7, 100, 5000}) {
            try (Statement s = c.createStatement()) {
                s.setFetchSize(size);
                try (ResultSet r = s.executeQuery("select * from range(300) t(i) order by i")) {
                    for (int i = 0; i < 300; i++) {
                        Env.check(r.next(), "row " + i + " at fetch size " + size);
                        Env.equal(i, r.getInt(1), "row at fetch size " + size);
                    }
                    Env.check(!r.next(), "300 rows at fetch size " + size);
                }
            }
        }
    }

    private static void maxRows(Env env) throws Exception {
        try (Statement s = env.connect().createStatement()) {
            s.setMaxRows(10);
            try (ResultSet r = s.executeQuery("select * from range(100000)")) {
                Env.equal(10, Env.rows(r).size(), "rows");
            }
        }
    }

    private static void severalOpen(Env env) throws Exception {
        Connection c = env.connect();
        int width = 4;
        long rows = 200_000;
        ResultSet[] results = new ResultSet[width];
        for (int i = 0; i < width; i++) {
            Statement s = c.createStatement();
            s.setFetchSize(1000);
            results[i] = s.executeQuery("select i * " + (i + 1) + " from range(" + rows + ") t(i)");
        }
        long[] sums = new long[width];
        for (long row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                if (!results[i].next()) {
                    throw new AssertionError("result " + i + " ended after " + row + " rows");
                }
                sums[i] += results[i].getLong(1);
            }
        }
        for (int i = 0; i < width; i++) {
            Env.check(!results[i].next(), "result " + i + " has an end");
            Env.equal((i + 1) * (rows * (rows - 1) / 2), sums[i], "sum of result " + i);
        }
    }

    private static void severalConnections(Env env) throws Exception {
        Thread[] threads = new Thread[8];
        Throwable[] failures = new Throwable[threads.length];
        for (int i = 0; i < threads.length; i++) {
            int n = i;
            Connection c = env.connect();
            threads[i] = new Thread(() -> {
                try {
                    for (int round = 0; round < 20; round++) {
                        String want = String.valueOf(n * 1000 + round);
                        Env.equal(java.util.List.of(want), Env.rows(c, "select " + want), "own answer");
                    }
                } catch (Throwable failure) {
                    failures[n] = failure;
                }
            });
            threads[i].start();
        }
        for (int i = 0; i < threads.length; i++) {
            threads[i].join();
            if (failures[i] != null) {
                throw new AssertionError("connection " + i, failures[i]);
            }
        }
    }

    private static void empty(Env env) throws Exception {
        try (Statement s = env.connect().createStatement();
             ResultSet r = s.executeQuery("select 1 as a, 'x' as b where 1 = 0")) {
            Env.equal(2, r.getMetaData().getColumnCount(), "columns");
            Env.equal("b", r.getMetaData().getColumnName(2), "name");
            Env.check(!r.next(), "no row");
            Env.check(!r.next(), "still no row");
        }
    }

    private static void wide(Env env) throws Exception {
        StringBuilder sql = new StringBuilder("select 0 as c0");
        for (int i = 1; i < 1000; i++) {
            sql.append(", ").append(i).append(" as c").append(i);
        }
        try (Statement s = env.connect().createStatement(); ResultSet r = s.executeQuery(sql.toString())) {
            Env.equal(1000, r.getMetaData().getColumnCount(), "columns");
            Env.check(r.next(), "a row");
            Env.equal(999, r.getInt(1000), "the last");
            Env.equal(500, r.getInt("c500"), "by name");
        }
    }

    /** 100 MB in all, which no answer may carry at once. */
    private static void bigCells(Env env) throws Exception {
        try (Statement s = env.connect().createStatement()) {
            s.setFetchSize(1000);
            try (ResultSet r = s.executeQuery("select i, repeat('x', 1000000) from range(100) t(i) order by i")) {
                for (int i = 0; i < 100; i++) {
                    Env.check(r.next(), "row " + i);
                    Env.equal(i, r.getInt(1), "row");
                    Env.equal(1_000_000, r.getString(2).length(), "length");
                }
                Env.check(!r.next(), "100 rows");
            }
        }
    }

    private static void readAgain(Env env) throws Exception {
        try (Statement s = env.connect().createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
            s.setFetchSize(100);
            try (ResultSet r = s.executeQuery("select i from range(1000) t(i) order by i")) {
                int first = Env.rows(r).size();
                r.beforeFirst();
                Env.equal(first, Env.rows(r).size(), "rows when read again");
                Env.equal(1000, first, "rows");
            }
        }
    }
}
