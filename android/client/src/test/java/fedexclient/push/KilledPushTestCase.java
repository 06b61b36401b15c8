package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.Cache;
import fedexclient.cache.Entries;
import fedexclient.cache.NewFeedback;
import fedexclient.contract.FeatureShape;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Pushes in JVMs of their own, which are halted or killed. */
public abstract class KilledPushTestCase extends PushTestCase {
  static final int PHOTOS = 40;

  final Random random = new Random();

  /** The last label of each photo. */
  final Map<Integer, String> given = new TreeMap<>();

  /** Where a process finds its service. */
  abstract Map<String, String> service();

  /** Gives a photo its label, and to every third another one first, which is settled with it and never sent. */
  void giveMuch(Cache cache, String space, FeatureShape shape) throws Exception {
    for (int photo = 0; photo < PHOTOS; photo++) {
      if (photo % 3 == 0) {
        giveOne(cache, photo, "Ben " + photo, space, shape);
      }
      giveOne(cache, photo, "Ada", space, shape);
    }
  }

  void giveOne(Cache cache, int photo, String label, String space, FeatureShape shape) throws Exception {
    float[] feature = new float[shape.elements()];
    for (int index = 0; index < feature.length; index++) {
      feature[index] = random.nextFloat();
    }
    long key = cache.inferences().spaceKey(space, shape);
    long inference = cache.inferences().add(Entries.inference(photo, feature, Entries.COMPUTED_BY), key);
    cache.feedback().add(NewFeedback.correcting(inference, label, "", 0));
    given.put(photo, label);
  }

  void haltAt(PushStep step) throws Exception {
    assertEquals(PushingProcess.HALTED, start(step.name()).waitFor(), said());
  }

  /** Kills a push soon after its first upload was sealed. */
  void killOnItsWay() throws Exception {
    Process pushing = start("never");
    try {
      while (!said().contains(PushingProcess.SAID)) {
        assertTrue(pushing.isAlive(), said());
        Thread.sleep(1);
      }
      Thread.sleep(random.nextInt(120));
    } finally {
      pushing.destroyForcibly();
    }
    pushing.waitFor();
  }

  private Process start(String haltsAt) throws Exception {
    List<String> command = new ArrayList<>(List.of(
        new File(System.getProperty("java.home"), "bin/java").getPath(), "-Xmx512m",
        "-cp", System.getProperty("java.class.path"),
        "-D" + PushingProcess.FILE + "=" + file(), "-D" + PushingProcess.HALTS_AT + "=" + haltsAt));
    service().forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(List.of("org.junit.runner.JUnitCore", PushingProcess.class.getName()));
    Files.deleteIfExists(output().toPath());
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output()).start();
  }

  private File output() {
    return new File(temporary.getRoot(), "said");
  }

  private String said() throws Exception {
    return new String(Files.readAllBytes(output().toPath()), StandardCharsets.UTF_8);
  }
}
