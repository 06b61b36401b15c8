package fedexapp;

import android.app.Application;
import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.os.StrictMode;
import fedexapp.learner.LearnerFactory;
import fedexapp.session.Session;
import org.jspecify.annotations.Nullable;

/** The app: it has the one session. */
public class FedexApplication extends Application {
  private @Nullable Session session;

  /** The session of whatever belongs to the app. On the main thread. */
  public static Session sessionOf(Context context) {
    FedexApplication app = (FedexApplication) context.getApplicationContext();
    if (app.session == null) {
      app.session = new Session(app, app.learners());
    }
    return app.session;
  }

  /** What opens the learner; tests have another. */
  protected LearnerFactory learners() {
    return LearnerFactory::openBuiltIn;
  }

  @Override
  public void onCreate() {
    super.onCreate();
    if ((getApplicationInfo().flags & ApplicationInfo.FLAG_DEBUGGABLE) != 0) {
      StrictMode.setThreadPolicy(new StrictMode.ThreadPolicy.Builder().detectAll().penaltyLog().build());
    }
  }
}
