package fedexapp.session;

import fedexclient.contract.LabelKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names, found by what is typed of them. Made where it may take its time; finding one is a look at each. */
public final class NameList {
  static final NameList NONE = new NameList(Collections.emptyList());

  private final List<String> names;
  private final List<String> keys = new ArrayList<>();

  /** Takes names in the order in which they are shown. */
  NameList(List<String> names) {
    this.names = names;
    for (String name : names) {
      keys.add(LabelKey.of(name));
    }
  }

  /** Whether these are the names. */
  boolean areThose(NameList other) {
    return names.equals(other.names);
  }

  /** The names of which a word begins with what was typed, in any spelling; those that begin with it first. */
  public List<String> find(String typed) {
    String key = LabelKey.of(typed.trim());
    String inside = " " + key;
    List<String> first = new ArrayList<>();
    List<String> later = new ArrayList<>();
    for (int index = 0; index < names.size(); index++) {
      String nameKey = keys.get(index);
      if (nameKey.startsWith(key)) {
        first.add(names.get(index));
      } else if (nameKey.contains(inside)) {
        later.add(names.get(index));
      }
    }
    first.addAll(later);
    return first;
  }

  /** The name that is the same as what was typed, however it is spelt; null: none is. */
  public @Nullable String same(String typed) {
    int index = keys.indexOf(LabelKey.of(typed.trim()));
    return index < 0 ? null : names.get(index);
  }
}
