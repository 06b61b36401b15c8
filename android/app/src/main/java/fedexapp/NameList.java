package fedexapp;

import fedexclient.contract.LabelKey;
import java.util.ArrayList;
import java.util.List;

/** Finds names by what is typed of them. Pure. */
final class NameList {
  private NameList() {}

  /** The names of which a word begins with what was typed, in any spelling; those that begin with it first. */
  static List<String> find(List<String> names, String typed) {
    String key = LabelKey.of(typed.trim());
    List<String> first = new ArrayList<>();
    List<String> later = new ArrayList<>();
    for (String name : names) {
      String nameKey = LabelKey.of(name);
      if (nameKey.startsWith(key)) {
        first.add(name);
      } else if (nameKey.contains(" " + key)) {
        later.add(name);
      }
    }
    first.addAll(later);
    return first;
  }

  /** Whether one of the names is the same one as what was typed, however it is spelt. */
  static boolean has(List<String> names, String typed) {
    String key = LabelKey.of(typed.trim());
    return names.stream().anyMatch(name -> LabelKey.of(name).equals(key));
  }
}
