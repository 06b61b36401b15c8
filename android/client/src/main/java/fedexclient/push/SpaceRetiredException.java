package fedexclient.push;

/** An upload waits, as its space is retired: a signed list says so. */
public final class SpaceRetiredException extends PushException {
  private static final long serialVersionUID = 1L;

  SpaceRetiredException(String upload, String space) {
    super("upload " + upload + ": expected a space that is current, got " + space + ", which is retired");
  }
}
