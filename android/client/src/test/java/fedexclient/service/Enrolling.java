package fedexclient.service;

import java.nio.file.Path;

/** Enrols a device and dies behind one step of it, as a kill would; run by a test in a JVM of its own. */
final class Enrolling {
  static final int DIED = 9;

  private Enrolling() {}

  /**
   * Enrols.
   *
   * @param arguments the device's folder, the service's address, the code, whether again, and a step or nothing
   */
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    IdentityStore store = new IdentityStore(home, new AesVault(1));
    Connect connect = Connect.byHttp(Transport.standard(), new Stop());
    Enroller enroller = new Enroller(store, new KeptHeads(home), connect, new Stop(), identity -> false,
        () -> EnrolmentTestCase.NOW, step -> dieAt(step, arguments[4]));
    Enrolment done = Boolean.parseBoolean(arguments[3])
        ? enroller.enrolAgain(arguments[1], arguments[2], null) : enroller.enrol(arguments[1], arguments[2], null);
    System.out.println(done.identity().device());
  }

  private static void dieAt(EnrolmentStep step, String name) {
    if (step.name().equals(name)) {
      Runtime.getRuntime().halt(DIED); // as a kill: nothing is closed, nothing is flushed
    }
  }
}
