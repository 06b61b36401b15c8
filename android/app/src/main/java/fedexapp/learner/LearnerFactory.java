package fedexapp.learner;

import android.content.Context;

/** Opens the learner that the screens work with; not on the main thread. */
public interface LearnerFactory {
  /**
   * Opens it.
   *
   * @throws NoModelException the app was built without a model
   */
  Learner open(Context context) throws Exception;
}
