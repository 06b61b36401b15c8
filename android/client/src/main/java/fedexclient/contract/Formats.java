package fedexclient.contract;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The header by which a client says which formats it reads, and a service which it has instead. */
public final class Formats {
  /** The header's name. */
  public static final String HEADER = "Fedex-Formats";

  /** What this client sends. */
  public static final String READ = "manifest=1, spaces=1";

  /** Of the header. */
  public static final int MAX_CHARACTERS = 256;

  private static final Pattern ITEM = Pattern.compile("[a-z][a-z-]{0,31}=[1-9][0-9]{0,3}");
  private static final Pattern AROUND = Pattern.compile("^[ \t]+|[ \t]+$");
  private static final int FIRST_FORMAT = 1;

  private final Map<String, SortedSet<Integer>> formats;

  private Formats(Map<String, SortedSet<Integer>> formats) {
    this.formats = formats;
  }

  /** Reads the header's value; empty where there is none. */
  public static Formats parse(String text) throws ContractException {
    if (text.length() > MAX_CHARACTERS) {
      String expected = "at most " + MAX_CHARACTERS + " characters";
      throw new TooLargeException(HEADER, expected, text.length() + " characters");
    }
    Map<String, SortedSet<Integer>> formats = new HashMap<>();
    if (!stripped(text).isEmpty()) {
      for (String item : text.split(",", -1)) {
        String[] parts = Names.check(stripped(item), ITEM, HEADER).split("=");
        formats.computeIfAbsent(parts[0], name -> new TreeSet<>()).add(Integer.valueOf(parts[1]));
      }
    }
    return new Formats(formats);
  }

  private static String stripped(String text) {
    return AROUND.matcher(text).replaceAll("");
  }

  /** The major versions that are read of a document. */
  public SortedSet<Integer> of(String document) {
    SortedSet<Integer> read = formats.get(document);
    return read == null
        ? new TreeSet<>(Collections.singleton(FIRST_FORMAT)) : Collections.unmodifiableSortedSet(read);
  }
}
