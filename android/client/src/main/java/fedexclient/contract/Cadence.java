package fedexclient.contract;

/** How long a device waits between two rounds: drawn anew each time, evenly over all of a span. */
public final class Cadence {
  private static final double LONGEST_SPAN_S = 4 * 3600;
  private static final int MOST_DOUBLINGS = 64;

  private Cadence() {}

  /**
   * The seconds to the next round.
   *
   * @param intervalS what lies between two rounds on average, while they do not fail
   * @param failures how many rounds failed in a row, this one included
   * @param retryAfterS the longest that an answer of this round asked for; 0 where none did
   * @param draw a random number from 0 to 1, without 1
   */
  public static double waitS(double intervalS, long failures, double retryAfterS, double draw) {
    double shortest = 2 * intervalS;
    double grown = shortest * Math.pow(2, Math.min(failures, MOST_DOUBLINGS));
    return retryAfterS + draw * Math.min(grown, Math.max(shortest, LONGEST_SPAN_S));
  }
}
