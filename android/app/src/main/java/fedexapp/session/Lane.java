package fedexapp.session;

/** What waits for what: the work of one lane is done in its order, by a thread of its own. */
public enum Lane {
  /** Recognising. */
  LEARNING,
  /** What only looks, or is soon done, as is keeping what the user says. */
  READING,
  /** What talks to the service. */
  SENDING,
  /** Photos: read, written, decoded. */
  PHOTOS
}
