package fedexclient.contract;

/** A bound of the contract is passed. */
public final class TooLargeException extends ContractException {
  private static final long serialVersionUID = 1L;

  TooLargeException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
