package fedexclient.contract;

/** Well-formed, but it cannot be right: a NaN, a shape, a label, an index. */
public class ImpossibleException extends ContractException {
  private static final long serialVersionUID = 1L;

  ImpossibleException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
