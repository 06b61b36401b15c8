package fedexclient.keeping;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.Entries;
import fedexclient.cache.SealedAs;
import fedexclient.contract.BundleFacts;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.Golden;
import fedexclient.contract.Sha256;
import fedexclient.contract.Upload;
import fedexclient.push.Outbox;
import fedexclient.push.PushReport;
import fedexclient.push.ScriptedService;
import fedexclient.push.Sender;
import fedexclient.push.UploadForm;
import fedexclient.recognise.Answers;
import fedexclient.service.Stop;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** An open cache, a golden bundle, versions of an app whose self-tests are scripted, and a service to push to. */
@RunWith(RobolectricTestRunner.class)
public abstract class KeepingTestCase {
  static final String ORIGIN = "family@0123456789abcdef";

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  final ScriptedService service = new ScriptedService();
  final ScriptedTester first = new ScriptedTester(Entries.computedBy("fedex 1"));
  final ScriptedTester next = new ScriptedTester(Entries.computedBy("fedex 2"));
  Cache cache;

  @Before
  public void open() throws CacheException {
    cache = Cache.open(file(), 100);
  }

  @After
  public void close() {
    cache.close();
  }

  File file() {
    return new File(temporary.getRoot(), "cache.sqlite3");
  }

  /** Features of four numbers. */
  static DeviceBundle bundle() throws Exception {
    return DeviceBundle.read(new BundleFolder(Golden.folder().resolve("device-bundle").toFile()));
  }

  static BundleFacts facts() throws Exception {
    return bundle().facts();
  }

  Keeper keeper(Tester tester) throws Exception {
    return new Keeper(() -> cache, facts(), tester, () -> 7);
  }

  static Example photo(int number) {
    return Example.ofFile(Sha256.of(new byte[] {(byte) number}));
  }

  /** Recognises a photo with a version of the app, and gives it a label. */
  void give(Tester tester, int photo, String label) throws Exception {
    KeptAnswer kept = keeper(tester).keep(photo(photo), List.of(Answers.of(photo, 1, 2, 3))).get(0);
    new Feedback(cache, ORIGIN, () -> 8).correct(kept.inference(), label);
  }

  KeepingException settle(Tester tester) throws Exception {
    return SelfTests.settle(cache, ORIGIN, () -> tester);
  }

  static Tester never() {
    throw new AssertionError("opened");
  }

  PushReport push() throws Exception {
    Outbox outbox = new Outbox(cache, new SealedAs(ORIGIN, "d".repeat(16)), UploadForm.usual(), () -> 9, () -> () -> {});
    return new Sender().push(outbox, service, Set.of(), new Stop());
  }

  /** Which version of the app each upload is of, and the outcome of its self-test. */
  List<String> tested() {
    List<String> tested = new ArrayList<>();
    for (Upload upload : service.uploads) {
      tested.add(upload.selfTest().setup().app() + " " + upload.selfTest().cosinePpm());
    }
    return tested;
  }
}
