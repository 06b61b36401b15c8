package fedexclient;

import android.content.Context;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.BundleSource;
import fedexclient.contract.Channel;
import fedexclient.contract.Precision;
import fedexclient.push.UploadForm;
import fedexclient.recognise.ModelSource;
import fedexclient.service.Transport;
import java.io.File;

/**
 * How a device is set up: which bundle it has, and what an app may choose. Each {@code with} makes another one.
 *
 * <p>They are constants of whoever writes the app, so a number that cannot be is an {@code IllegalArgumentException} of
 * the {@code with} that it was given to.
 */
public final class FedexOptions {
  private static final int MAX_UNFED = 1_000;
  private static final int TOP = 3;
  private static final int SYNC_JOB = 0x0FED;

  private final BundleSource files;
  private final ModelSource models;
  private final String app;
  private Channel channel = Channel.BEST;
  private Precision head = Precision.DYNAMIC;
  private UploadForm uploads = UploadForm.usual();
  private Transport transport = Transport.standard();
  private int maxUnfed = MAX_UNFED;
  private int top = TOP;
  private int threads = 1;
  private int syncJob = SYNC_JOB;

  private FedexOptions(BundleSource files, ModelSource models, String app) {
    this.files = files;
    this.models = models;
    this.app = app;
  }

  /**
   * With the bundle that the app is packed with.
   *
   * @param folder of the assets that has the bundle's files; models must not be compressed there
   * @param app name and version of the app, as uploads tell them, in printable ASCII: it decodes the photos
   */
  public static FedexOptions ofAssets(Context context, String folder, String app) {
    AssetBundle bundle = new AssetBundle(context.getAssets(), folder);
    return new FedexOptions(bundle, bundle, app);
  }

  /** With a bundle that lies in a folder, as one that the app has downloaded. */
  public static FedexOptions ofFolder(File folder, String app) {
    return new FedexOptions(new BundleFolder(folder), ModelSource.folder(folder), app);
  }

  private FedexOptions copy() {
    FedexOptions copy = new FedexOptions(files, models, app);
    copy.channel = channel;
    copy.head = head;
    copy.uploads = uploads;
    copy.transport = transport;
    copy.maxUnfed = maxUnfed;
    copy.top = top;
    copy.threads = threads;
    copy.syncJob = syncJob;
    return copy;
  }

  /** Follows the releases of another channel than the best. */
  public FedexOptions withChannel(Channel other) {
    FedexOptions copy = copy();
    copy.channel = other;
    return copy;
  }

  /** Prefers heads of another precision than dynamic range. */
  public FedexOptions withHead(Precision other) {
    FedexOptions copy = copy();
    copy.head = other;
    return copy;
  }

  /** Makes uploads otherwise. */
  public FedexOptions withUploads(UploadForm other) {
    FedexOptions copy = copy();
    copy.uploads = other;
    return copy;
  }

  /** Connects otherwise: with pins, with certificates of one's own. */
  public FedexOptions withTransport(Transport other) {
    FedexOptions copy = copy();
    copy.transport = other;
    return copy;
  }

  /** Keeps so many inferences whose feedback, if any, is acknowledged, instead of 1,000; at least 1. */
  public FedexOptions withMaxUnfed(int inferences) {
    FedexOptions copy = copy();
    copy.maxUnfed = atLeast1("inferences", inferences);
    return copy;
  }

  /** Answers with so many labels, instead of 3; at least 1. Of them the best 20 are kept with the answer. */
  public FedexOptions withTop(int labels) {
    FedexOptions copy = copy();
    copy.top = atLeast1("labels", labels);
    return copy;
  }

  /** Runs models in so many threads, instead of one; at least 1. */
  public FedexOptions withThreads(int number) {
    FedexOptions copy = copy();
    copy.threads = atLeast1("threads", number);
    return copy;
  }

  /** Numbers its jobs from here on: two numbers that no other job of the app has, so not the last that there is. */
  public FedexOptions withSyncJob(int first) {
    if (first == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("first of two jobs: expected a number with one after it, got " + first);
    }
    FedexOptions copy = copy();
    copy.syncJob = first;
    return copy;
  }

  private static int atLeast1(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + ": expected at least 1, got " + number);
    }
    return number;
  }

  BundleSource files() {
    return files;
  }

  ModelSource models() {
    return models;
  }

  String app() {
    return app;
  }

  Channel channel() {
    return channel;
  }

  Precision head() {
    return head;
  }

  UploadForm uploads() {
    return uploads;
  }

  Transport transport() {
    return transport;
  }

  int maxUnfed() {
    return maxUnfed;
  }

  int top() {
    return top;
  }

  int threads() {
    return threads;
  }

  int syncJob() {
    return syncJob;
  }
}
