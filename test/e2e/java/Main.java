import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Runs the JDBC cases against one server and prints one line for each: "ok NAME" or
 * "FAIL NAME: why", then "done N". Lines that begin with "# " are for people, and
 * belong to the case that is told next.
 *
 * Usage: Main HOST:PORT SCHEMA [REGEXP]
 */
public final class Main {
    /** One case; it fails by throwing. */
    interface Case {
        void run(Env env) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        Map<String, Case> cases = new LinkedHashMap<>();
        SettingCases.addTo(cases);
        TypeCases.addTo(cases);
        ParameterCases.addTo(cases);
        StatementCases.addTo(cases);
        MetadataCases.addTo(cases);
        ResultCases.addTo(cases);
        RunningCases.addTo(cases);
        ErrorCases.addTo(cases);

        Pattern wanted = Pattern.compile(args.length > 2 ? args[2] : "");
        Env.createSchema(args[0], args[1]);
        int ran = 0;
        for (Map.Entry<String, Case> entry : cases.entrySet()) {
            if (!wanted.matcher(entry.getKey()).find()) {
                continue;
            }
            ran++;
            try (Env env = new Env(args[0], args[1])) {
                entry.getValue().run(env);
                System.out.println("ok " + entry.getKey());
            } catch (Throwable failure) {
                trace(failure);
                System.out.println("FAIL " + entry.getKey() + ": " + oneLine(failure.toString()));
            }
        }
        System.out.println("done " + ran);
        System.exit(0);
    }

    private static void trace(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            System.out.println("# " + oneLine(cause.toString()));
            StackTraceElement[] stack = cause.getStackTrace();
            for (int i = 0; i < Math.min(stack.length, 12); i++) {
                System.out.println("#    " + stack[i]);
            }
        }
    }

    private static String oneLine(String text) {
        return text.replace("\n", "\\n").replace("\r", "\\r");
    }
}
