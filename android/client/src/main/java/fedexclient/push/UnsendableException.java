package fedexclient.push;

import fedexclient.contract.ContractException;

/** A feature or a label that no upload can carry: it stays out of uploads, which would be refused with it. */
public final class UnsendableException extends PushException {
  private static final long serialVersionUID = 1L;

  UnsendableException(long inference, String why) {
    super("inference " + inference + ": cannot be uploaded: " + why);
  }

  UnsendableException(long inference, ContractException why) {
    super("inference " + inference + ": cannot be uploaded: " + why.getMessage(), why);
  }
}
