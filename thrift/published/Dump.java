import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.thrift.TBase;
import org.apache.thrift.TEnum;
import org.apache.thrift.TFieldIdEnum;
import org.apache.thrift.TUnion;
import org.apache.thrift.meta_data.EnumMetaData;
import org.apache.thrift.meta_data.FieldMetaData;
import org.apache.thrift.meta_data.FieldValueMetaData;
import org.apache.thrift.meta_data.ListMetaData;
import org.apache.thrift.meta_data.MapMetaData;
import org.apache.thrift.meta_data.SetMetaData;
import org.apache.thrift.meta_data.StructMetaData;
import org.apache.thrift.protocol.TType;

/**
 * Prints what the classes in a jar that the Thrift compiler made say about
 * themselves: enums and their numbers, structs and unions with each field's id,
 * requiredness, type, name and default, the service's methods, and constants.
 * One fact a line, sorted, so that two versions can be compared.
 */
public final class Dump {
  private static final String PKG = "org.apache.hive.service.rpc.thrift.";

  public static void main(String[] args) throws Exception {
    List<String> out = new ArrayList<>();
    try (JarFile jar = new JarFile(args[0])) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        String name = entry.getName().replace('/', '.');
        if (name.startsWith(PKG) && name.endsWith(".class")) {
          describe(Class.forName(name.substring(0, name.length() - ".class".length())), out);
        }
      }
    }
    Collections.sort(out);
    out.forEach(System.out::println);
  }

  private static void describe(Class<?> c, List<String> out) throws Exception {
    String name = c.getName().substring(PKG.length());
    if (TEnum.class.isAssignableFrom(c) && c.isEnum()) {
      for (Object v : c.getEnumConstants()) {
        out.add(String.format("enum %s %05d %s", name, ((TEnum) v).getValue(), v));
      }
    } else if (name.equals("TCLIService$Iface")) {
      for (Method m : c.getMethods()) {
        out.add("method " + m.getName());
      }
    } else if (name.equals("TCLIServiceConstants")) {
      constants(c, out);
    } else if (name.startsWith("TCLIService$") && (name.endsWith("_args") || name.endsWith("_result"))) {
      fields("call", name.substring("TCLIService$".length()), c, out);
    } else if (TUnion.class.isAssignableFrom(c)) {
      fields("union", name, c, out);
    } else if (TBase.class.isAssignableFrom(c) && !name.contains("$")) {
      fields("struct", name, c, out);
    }
  }

  private static void fields(String kind, String name, Class<?> c, List<String> out) throws Exception {
    @SuppressWarnings("unchecked")
    Map<TFieldIdEnum, FieldMetaData> meta =
        (Map<TFieldIdEnum, FieldMetaData>) c.getField("metaDataMap").get(null);
    Object fresh = c.getConstructor().newInstance();
    if (meta.isEmpty()) {
      out.add(kind + " " + name + " 000");
    }
    for (Map.Entry<TFieldIdEnum, FieldMetaData> e : meta.entrySet()) {
      FieldMetaData f = e.getValue();
      String need = kind.equals("call") || kind.equals("union")
          ? "default" : new String[] {"", "required", "optional", "default"}[f.requirementType];
      out.add(String.format("%s %s %03d %s %s %s%s", kind, name, e.getKey().getThriftFieldId(),
          need, type(f.valueMetaData), f.fieldName, initial(kind, fresh, f.fieldName)));
    }
  }

  /** The field's default, or nothing. */
  private static String initial(String kind, Object fresh, String field) throws Exception {
    if (!kind.equals("struct")) {
      return "";
    }
    String camel = Character.toUpperCase(field.charAt(0)) + field.substring(1);
    Method set = Arrays.stream(fresh.getClass().getMethods())
        .filter(m -> m.getName().equalsIgnoreCase("isSet" + camel)).findFirst().get();
    if (!(Boolean) set.invoke(fresh)) {
      // The compiler marks an optional scalar with a default as unset, yet gives it the value.
      for (Method m : fresh.getClass().getMethods()) {
        if (m.getParameterCount() == 0 && (m.getName().equalsIgnoreCase("get" + field)
            || m.getName().equalsIgnoreCase("is" + field))) {
          Object v = m.invoke(fresh);
          if (v instanceof Number && ((Number) v).doubleValue() != 0 || Boolean.TRUE.equals(v)) {
            return " = " + v;
          }
        }
      }
      return "";
    }
    for (Method m : fresh.getClass().getMethods()) {
      if (m.getParameterCount() == 0 && (m.getName().equalsIgnoreCase("get" + field)
          || m.getName().equalsIgnoreCase("is" + field))) {
        return " = " + m.invoke(fresh);
      }
    }
    throw new IllegalStateException(field);
  }

  private static String type(FieldValueMetaData v) {
    if (v instanceof StructMetaData) {
      return ((StructMetaData) v).structClass.getSimpleName();
    }
    if (v instanceof EnumMetaData) {
      return ((EnumMetaData) v).enumClass.getSimpleName();
    }
    if (v instanceof ListMetaData) {
      return "list<" + type(((ListMetaData) v).elemMetaData) + ">";
    }
    if (v instanceof SetMetaData) {
      return "set<" + type(((SetMetaData) v).elemMetaData) + ">";
    }
    if (v instanceof MapMetaData) {
      return "map<" + type(((MapMetaData) v).keyMetaData) + "," + type(((MapMetaData) v).valueMetaData) + ">";
    }
    String typedef = v.isTypedef() ? v.getTypedefName() + ":" : "";
    switch (v.type) {
      case TType.BOOL: return typedef + "bool";
      case TType.BYTE: return typedef + "byte";
      case TType.DOUBLE: return typedef + "double";
      case TType.I16: return typedef + "i16";
      case TType.I32: return typedef + "i32";
      case TType.I64: return typedef + "i64";
      case TType.STRING: return typedef + (v.isBinary() ? "binary" : "string");
      case TType.STRUCT: return typedef + "struct";
      case TType.MAP: return typedef + "map";
      case TType.LIST: return typedef + "list";
      default: return typedef + "type" + v.type;
    }
  }

  private static void constants(Class<?> c, List<String> out) throws Exception {
    for (java.lang.reflect.Field f : c.getFields()) {
      Object v = f.get(null);
      if (v instanceof Map) {
        for (Map.Entry<?, ?> e : new TreeMap<>((Map<?, ?>) v).entrySet()) {
          out.add("const " + f.getName() + " " + e.getKey() + " = " + e.getValue());
        }
      } else if (v instanceof Iterable) {
        List<String> items = new ArrayList<>();
        ((Iterable<?>) v).forEach(x -> items.add(x.toString()));
        Collections.sort(items);
        items.forEach(x -> out.add("const " + f.getName() + " " + x));
      } else {
        out.add("const " + f.getName() + " = " + v);
      }
    }
  }
}
