package fedexclient.push;

/** The instants at which a push may be killed and must go on as if nothing had happened. */
enum PushStep {
  /** Bytes exist, nothing is kept. */
  CHOSEN,
  /** The upload is kept, nothing is sent. */
  SEALED,
  /** The service has acknowledged, the device has not kept that. */
  SENT,
  /** The device has kept the acknowledgement and dropped the body. */
  ACKNOWLEDGED;

  /** Is told of each step; does nothing but in tests. */
  interface Observer {
    void reached(PushStep step);
  }
}
