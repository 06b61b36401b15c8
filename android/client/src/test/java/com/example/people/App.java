package com.example.people;

import android.app.Application;
import fedexclient.Fedex;
import fedexclient.FedexOptions;
import fedexclient.service.Stop;
import fedexclient.sync.SyncHost;
import fedexclient.sync.SyncJobs;
import fedexclient.sync.SyncPolicy;

public final class App extends Application implements SyncHost {
  private Fedex fedex;

  @Override public void onCreate() {
    super.onCreate();
    fedex = Fedex.open(this, FedexOptions.ofAssets(this, "bundle", "my-app 1.0"));  // touches no file
    syncJobs().ensure();  // at each start, as what ends an app by force removes its jobs
  }

  public Fedex fedex() { return fedex; }
  @Override public SyncJobs syncJobs() { return fedex.syncJobs(SyncPolicy.USUAL); }
  @Override public double syncOnce(Stop stop) { return fedex.syncOnce(SyncPolicy.USUAL, stop); }
}
