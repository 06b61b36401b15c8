package fedexclient.cache;

/** Feedback on one inference, as it is added. */
public final class NewFeedback {
  private final long inference;
  private final String label;
  private final boolean isRight;
  private final String origin;
  private final long givenMs;

  private NewFeedback(long inference, String label, boolean isRight, String origin, long givenMs) {
    this.inference = inference;
    this.label = label;
    this.isRight = isRight;
    this.origin = origin;
    this.givenMs = givenMs;
  }

  /**
   * The user agreed with the answer.
   *
   * @param label as {@link fedexclient.contract.Label#of} leaves it
   * @param origin the group that the device belongs to, with the id of the service's key; empty before enrolment
   * @param givenMs Unix milliseconds
   */
  public static NewFeedback agreeing(long inference, String label, String origin, long givenMs) {
    return new NewFeedback(inference, label, true, origin, givenMs);
  }

  /** The user gave the label; all else as in {@link #agreeing}. */
  public static NewFeedback correcting(long inference, String label, String origin, long givenMs) {
    return new NewFeedback(inference, label, false, origin, givenMs);
  }

  long inference() {
    return inference;
  }

  String label() {
    return label;
  }

  boolean isRight() {
    return isRight;
  }

  String origin() {
    return origin;
  }

  long givenMs() {
    return givenMs;
  }
}
