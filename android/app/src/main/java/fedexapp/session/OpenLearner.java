package fedexapp.session;

import android.content.Context;
import fedexapp.learner.Learner;
import fedexapp.learner.LearnerFactory;
import org.jspecify.annotations.Nullable;

/** The one learner of the app, opened when it is first needed, and again after it could not be. Thread-safe. */
final class OpenLearner {
  private final Context context;
  private final LearnerFactory factory;
  private @Nullable Learner learner;

  OpenLearner(Context context, LearnerFactory factory) {
    this.context = context;
    this.factory = factory;
  }

  /** Opens it unless it is; not on the main thread. */
  synchronized Learner get() throws Exception {
    if (learner == null) {
      learner = factory.open(context);
    }
    return learner;
  }
}
