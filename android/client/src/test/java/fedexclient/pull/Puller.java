package fedexclient.pull;

import java.nio.file.Path;
import java.nio.file.Paths;

/** Pulls until it is killed; run by {@link KilledTest} in a JVM of its own. */
public final class Puller {
  static final String PULLED = "pulled ";
  static final String IN_TRIAL = "in a trial";

  private Puller() {}

  /**
   * Pulls in the folder of a scene.
   *
   * @param arguments the folder, the first serial, and where it is killed, or nothing to go on with newer
   *     releases for a while
   */
  public static void main(String[] arguments) throws Exception {
    Path folder = Paths.get(arguments[0]);
    int first = Integer.parseInt(arguments[1]);
    Scene scene = new Scene(folder);
    if (arguments.length > 2) {
      scene.watcher = step -> killAt(step.name(), arguments[2]);
      HeadTrial trial = scene.trial;
      scene.trial = (candidate, stop) -> {
        killAt(IN_TRIAL, arguments[2]);
        return trial.run(candidate, stop);
      };
      publish(scene, first, arguments.length > 3);
      scene.pull();
      return;
    }
    for (int serial = first; serial < first + 10_000; serial++) {
      publish(scene, serial, false);
      scene.pull();
      System.out.println(PULLED + serial);
      System.out.flush();
    }
  }

  /** The head of each serial; a renewal has that of the one before. */
  static void publish(Scene scene, int serial, boolean isRenewal) throws Exception {
    int head = isRenewal ? serial - 1 : serial;
    Release release = scene.publish(head % 2 == 0 ? scene.four : scene.three, head);
    release.with("serial", (long) serial).publish(scene.service);
  }

  private static void killAt(String place, String wanted) {
    if (!place.equals(wanted)) {
      return;
    }
    try {
      new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start().waitFor();
      Thread.sleep(60_000);
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
