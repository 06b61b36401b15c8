package fedexclient.service;

/** How another program's text stands in messages: on one line, without what controls a terminal, of bounded length. */
final class Printable {
  static final int MAX_CHARACTERS = 300;

  private static final String ETC = "...";
  private static final int ESCAPE_CHARACTERS = 6;

  private Printable() {}

  static String of(String text) {
    StringBuilder shown = new StringBuilder();
    for (int place = 0; place < text.length(); place++) {
      if (shown.length() > MAX_CHARACTERS - ETC.length() - ESCAPE_CHARACTERS) {
        return shown.append(ETC).toString();
      }
      char one = text.charAt(place);
      if (one >= ' ' && one <= '~') {
        shown.append(one);
      } else {
        shown.append("\\u").append(Integer.toHexString(0x10000 | one).substring(1));
      }
    }
    return shown.toString();
  }
}
