package fedexclient.push;

import java.util.Map;

/** Some of the samples that were to be sealed together cannot be uploaded; the others can, without them. */
final class SamplesLeftOutException extends PushException {
  private static final long serialVersionUID = 1L;

  private final transient Map<Long, UnsendableException> reasons;

  SamplesLeftOutException(Map<Long, UnsendableException> reasons) {
    super(reasons.size() + " samples cannot be uploaded");
    this.reasons = reasons;
  }

  /** Why, by the revision of their feedback. */
  Map<Long, UnsendableException> reasons() {
    return reasons;
  }
}
