package fedexapp;

import android.app.Application;
import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.os.StrictMode;
import fedexapp.learner.BuiltIn;
import fedexapp.learner.LearnerFactory;
import fedexapp.session.Session;
import fedexclient.service.Stop;
import fedexclient.sync.SyncHost;
import fedexclient.sync.SyncJobs;
import org.jspecify.annotations.Nullable;

/** The app: it has the one session for its screens, and the one device that they and its jobs share. */
public class FedexApplication extends Application implements SyncHost {
  private @Nullable Session session;
  private @Nullable BuiltIn builtIn;

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
    return context -> builtIn().open(context);
  }

  private synchronized BuiltIn builtIn() {
    BuiltIn made = builtIn;
    if (made == null) {
      made = new BuiltIn(this);
      builtIn = made;
    }
    return made;
  }

  @Override
  public SyncJobs syncJobs() {
    return builtIn().syncJobs();
  }

  @Override
  public double syncOnce(Stop stop) {
    return builtIn().syncOnce(stop);
  }

  @Override
  public void onCreate() {
    super.onCreate();
    if ((getApplicationInfo().flags & ApplicationInfo.FLAG_DEBUGGABLE) != 0) {
      StrictMode.setThreadPolicy(new StrictMode.ThreadPolicy.Builder().detectAll().penaltyLog().build());
    }
  }
}
