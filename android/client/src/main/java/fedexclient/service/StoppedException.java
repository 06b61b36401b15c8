package fedexclient.service;

/** Whoever asked wanted no more: {@link Stop}. Whether the service acted on the request is unknown. */
public final class StoppedException extends ServiceException {
  private static final long serialVersionUID = 1L;

  public StoppedException() {
    super("stopped, as was asked for");
  }
}
