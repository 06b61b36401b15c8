package fedexclient.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One row of a query: each value a Long, a Double, a String, a {@code byte[]} or null. */
final class Row {
  private final List<@Nullable Object> values;
  private final CacheFiles files;

  Row(List<@Nullable Object> values, CacheFiles files) {
    this.values = values;
    this.files = files;
  }

  List<@Nullable Object> values() {
    return values;
  }

  long integer(int column) throws CacheDamagedException {
    return value(column, Long.class);
  }

  int size(int column) throws CacheDamagedException {
    long value = integer(column);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw damaged("expected a size in column " + column + ", got " + value);
    }
    return (int) value;
  }

  String text(int column) throws CacheDamagedException {
    return value(column, String.class);
  }

  @Nullable String textOrNull(int column) throws CacheDamagedException {
    return isNull(column) ? null : text(column);
  }

  byte[] bytes(int column) throws CacheDamagedException {
    return value(column, byte[].class);
  }

  boolean isNull(int column) {
    return values.get(column) == null;
  }

  /** Says that something here cannot have been written by any cache, and marks the file. */
  CacheDamagedException damaged(String how) {
    return files.damaged(how);
  }

  private <T> T value(int column, Class<T> type) throws CacheDamagedException {
    Object value = values.get(column);
    if (!type.isInstance(value)) {
      String got = value == null ? "nothing" : value.getClass().getSimpleName();
      throw damaged("expected " + type.getSimpleName() + " in column " + column + ", got " + got);
    }
    return type.cast(value);
  }
}
