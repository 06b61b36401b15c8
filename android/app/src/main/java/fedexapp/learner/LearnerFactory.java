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

  /** Opens the one of this build. */
  static Learner openBuiltIn(Context context) throws Exception {
    if (!new AssetBundle(context.getAssets()).isThere()) {
      throw new NoModelException();
    }
    // HERE the learner over fedexclient.Fedex is made, and NoLearnerException goes.
    throw new NoLearnerException();
  }
}
