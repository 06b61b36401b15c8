package fedexclient.sync;

import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One round of work, done: what went wrong in it, and what that means for the next. */
public final class Round {
  private final List<Exception> problems;

  private Round(List<Exception> problems) {
    this.problems = Collections.unmodifiableList(problems);
  }

  /** A push, or a pull. */
  public interface Part {
    /**
     * Does it.
     *
     * @return what went wrong and did not keep it from ending well; null: nothing
     * @throws Exception what kept it from ending well; of the library's checked ones
     */
    @Nullable Exception run(Stop stop) throws Exception;
  }

  /** Does the parts in turn. What fails is kept, and the others are done all the same, unless the end was asked for. */
  public static Round run(List<Part> parts, Stop stop) {
    List<Exception> problems = new ArrayList<>();
    for (Part part : parts) {
      if (!stop.isAsked()) {
        attempt(part, stop, problems);
      }
    }
    return new Round(problems);
  }

  private static void attempt(Part part, Stop stop, List<Exception> problems) {
    try {
      @Nullable Exception problem = part.run(stop);
      if (problem != null) {
        problems.add(problem);
      }
    } catch (RuntimeException error) {
      throw error; // a bug, which is to be seen
    } catch (Exception error) { // the libraries' own have no kind in common
      problems.add(error);
    }
  }

  /** What went wrong, in the order of the parts. */
  List<Exception> problems() {
    return problems;
  }

  /** Whether the service could not be asked, or said "later". */
  public boolean isPutOff() {
    for (Exception problem : problems) {
      if (problem instanceof TryLaterException) {
        return true;
      }
    }
    return false;
  }

  /** The longest wait that the service asked for, in seconds; 0 where it asked for none. */
  public long retryAfterS() {
    long longest = 0;
    for (Exception problem : problems) {
      @Nullable Long asked = problem instanceof TryLaterException ? ((TryLaterException) problem).retryAfterS() : null;
      longest = asked == null ? longest : Math.max(longest, asked);
    }
    return longest;
  }
}
