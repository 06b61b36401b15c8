package fedexclient.push;

/** Is told how far a push has come: before each upload is sent, and when all is done; in the thread of the push. */
public interface PushListener {
  void progressed(PushProgress progress);
}
