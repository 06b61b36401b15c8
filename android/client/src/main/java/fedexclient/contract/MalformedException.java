package fedexclient.contract;

/** The bytes are not the format. */
public class MalformedException extends ContractException {
  private static final long serialVersionUID = 1L;

  MalformedException(String where, String expected, String got) {
    super(where, expected, got);
  }
}
