package fedexapp.session;

/** What waits for what: the work of one lane is done in its order, by a thread of its own. */
public enum Lane {
  /** Recognising, and what is said of it. */
  LEARNING,
  /** What only looks, or is soon done. */
  READING,
  /** What talks to the service. */
  SENDING,
  /** Photos: read, written, decoded. */
  PHOTOS
}
