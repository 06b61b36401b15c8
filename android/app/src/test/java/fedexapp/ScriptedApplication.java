package fedexapp;

import fedexapp.learner.LearnerFactory;

/** The app with a learner of the tests. */
public final class ScriptedApplication extends FedexApplication {
  final ScriptedLearner learner = new ScriptedLearner();

  @Override
  protected LearnerFactory learners() {
    return context -> learner;
  }
}
