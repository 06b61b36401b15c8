package fedexclient.service;

import fedexclient.contract.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The service refused definitely: sending the same again changes nothing. */
public final class RefusedException extends ServiceException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;
  private final ArrayList<Integer> samples;

  /**
   * Says why.
   *
   * @param samples of an upload, counted from 0: those at fault; empty where it is not theirs
   */
  public RefusedException(String message, Problem problem, List<Integer> samples) {
    super(message);
    this.problem = problem;
    this.samples = new ArrayList<>(samples);
  }

  /** The type of its problem document. */
  public Problem problem() {
    return problem;
  }

  /** Of an upload, counted from 0: those at fault; empty where it is not theirs. */
  public List<Integer> samples() {
    return Collections.unmodifiableList(samples);
  }
}
