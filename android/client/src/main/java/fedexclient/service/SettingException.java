package fedexclient.service;

/** An address, a certificate or a pin that no connection can be made with: somebody has to give another one. */
public final class SettingException extends Exception {
  private static final long serialVersionUID = 1L;

  SettingException(String message) {
    super(message);
  }
}
