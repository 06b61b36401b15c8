package fedexclient.contract;

/** Something that came does not keep the contract: where, what was expected, what came. */
public abstract class ContractException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String where;
  private final String expected;
  private final String got;

  ContractException(String where, String expected, String got) {
    super(where + ": expected " + expected + ", got " + got);
    this.where = where;
    this.expected = expected;
    this.got = got;
  }

  /** The part of the document or file that is wrong. */
  public final String where() {
    return where;
  }

  /** What would have been right. */
  public final String expected() {
    return expected;
  }

  /** What was there instead. */
  public final String got() {
    return got;
  }
}
