package fedexapp.learner;

import android.content.Context;
import android.content.pm.ApplicationInfo;
import fedexclient.Fedex;
import fedexclient.FedexOptions;
import fedexclient.service.Stop;
import fedexclient.service.Transport;
import fedexclient.sync.SyncJobs;
import fedexclient.sync.SyncPolicy;

/** The device of this app: what its screens and its jobs share. Made without a file being touched. */
public final class BuiltIn implements LearnerFactory {
  private static final String NAME = "fedex-demo 0.1.0";

  private final Context context;
  private final Fedex fedex;
  private volatile SyncPolicy policy = SyncPolicy.USUAL;

  public BuiltIn(Context context) {
    this.context = context;
    FedexOptions options = FedexOptions.ofAssets(context, PackedBundle.FOLDER, NAME);
    boolean isForDebugging = (context.getApplicationInfo().flags & ApplicationInfo.FLAG_DEBUGGABLE) != 0;
    Transport transport = Transport.standard();
    fedex = Fedex.open(context, options.withTransport(isForDebugging ? transport.allowingPlainHttp() : transport));
  }

  @Override
  public Learner open(Context asked) throws NoModelException {
    if (!PackedBundle.isThere(context.getAssets())) {
      throw new NoModelException();
    }
    return FedexLearner.begin(fedex, new KeptChoices(context), new LastVersion(context), NAME);
  }

  /** The jobs by which the device pushes and pulls, as its user wanted when the last round ended. Reads no file. */
  public SyncJobs syncJobs() {
    return fedex.syncJobs(policy);
  }

  /** Pushes and pulls once, as the user wants it; returns the seconds until that is due again. May block. */
  public double syncOnce(Stop stop) {
    readPolicy();
    double waitS = fedex.syncOnce(policy, stop);
    readPolicy(); // the user may have changed it meanwhile
    return waitS;
  }

  private void readPolicy() {
    policy = FedexLearner.policyOf(new KeptChoices(context).read());
  }
}
