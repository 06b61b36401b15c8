package fedexclient.service;

/**
 * The service did not do what was asked. Nothing is wrong with what it said: that would be an {@link
 * fedexclient.trust.UntrustedException}.
 *
 * <p>What can be done about it is said by which one it is: {@link TryLaterException} ask again later; {@link
 * RefusedException} asking again changes nothing; {@link StoppedException} whoever asked wanted no more.
 */
public abstract class ServiceException extends Exception {
  private static final long serialVersionUID = 1L;

  ServiceException(String message) {
    super(message);
  }

  ServiceException(String message, Throwable cause) {
    super(message, cause);
  }
}
