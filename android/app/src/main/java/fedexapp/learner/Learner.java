package fedexapp.learner;

import fedexclient.contract.Invitation;
import fedexclient.service.Stop;
import java.util.List;

/**
 * A device that recognises, learns from what it is told, and shares that without the photos.
 *
 * <p>Everything may block, so nothing is called on the main thread. {@link #recognise} comes from one thread; {@link
 * #push} and {@link #pull} may come from another one meanwhile, and all else, which is soon done, from a third. What
 * goes wrong is one of the library's typed exceptions, and nothing of what was asked happened then.
 */
public interface Learner extends AutoCloseable {
  /** Finds and names the faces of a photo as it is stored, of a kind that the library takes; there may be none. */
  List<SeenFace> recognise(byte[] photo) throws Exception;

  /** Takes down that an answer was right. */
  void agree(String inference) throws Exception;

  /** Takes down the right label instead of an answer, or of what was said of it before. */
  void correct(String inference, String label) throws Exception;

  /** The labels that are known here: those of the release in use and those given on this phone. */
  List<String> labels() throws Exception;

  /** How it stands; no network is used. */
  Status status() throws Exception;

  /**
   * Uploads what waits. Only with consent.
   *
   * @param stop ends it within a second, with a StoppedException
   */
  SyncResult push(Progress progress, Stop stop) throws Exception;

  /** Has the next push send again what the service refused, as after it was put right. */
  void retryRefused() throws Exception;

  /** Takes down that the user has read that what was taught was damaged: {@link Status#wasDamaged} no longer. */
  void acknowledgeDamage() throws Exception;

  /** Looks for a better release, and installs it. */
  SyncResult pull(Progress progress, Stop stop) throws Exception;

  /** Becomes a device of the group that an invitation names. */
  void enrol(Invitation invitation) throws Exception;

  /** Allows that features and labels are uploaded, or no longer. What was uploaded stays: {@link #erase}. */
  void consent(boolean isGiven) throws Exception;

  /**
   * Forgets all that was taught, here and at the service.
   *
   * @throws HalfErasedException it is forgotten here, and the service could not be asked
   */
  void erase() throws Exception;

  Choices choices() throws Exception;

  void choose(Choices choices) throws Exception;

  @Override
  void close();
}
