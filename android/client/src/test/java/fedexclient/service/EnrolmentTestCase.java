package fedexclient.service;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A device that is not enrolled yet, and a service for it; on Android's connections. */
@Timeout(60)
abstract class EnrolmentTestCase {
  static final long NOW = 1_800_000_000L;

  @TempDir Path folder;

  StubService service;
  boolean hasUnsent;

  @BeforeEach
  void startService() throws Exception {
    service = new StubService();
  }

  @AfterEach
  void stopService() throws Exception {
    service.close();
  }

  Path home() {
    return folder.resolve("home");
  }

  IdentityStore store() {
    return new IdentityStore(home(), new AesVault(1));
  }

  KeptHeads heads() {
    return new KeptHeads(home());
  }

  static Connect connect() {
    return Connect.byHttp(Platform.ANDROID.transport(), new Stop());
  }

  Enroller enroller() {
    return new Enroller(store(), heads(), connect(), new Stop(), identity -> hasUnsent, () -> NOW);
  }

  Enrolment enrol() throws Exception {
    return enroller().enrol(service.url(), StubService.CODE, null);
  }

  Enrolment enrol(String fingerprint) throws Exception {
    return enroller().enrol(service.url(), StubService.CODE, fingerprint);
  }

  Enrolment enrolAgain() throws Exception {
    return enroller().enrolAgain(service.url(), StubService.CODE, null);
  }

  void letTokenExpire() {
    service.token = Asking.repeated("u", 43);
  }

  /** Makes the service forget the device; whoever enrols now is another one. */
  void forgetDevice() {
    letTokenExpire();
    service.device = Asking.repeated("e", 16);
    service.deviceOf.clear();
  }

  /** The address of the service by another name. */
  String elsewhere() {
    return service.url().replace("127.0.0.1", "localhost");
  }
}
