package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.recognise.Serving;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM that pulls is killed (SIGKILL): a head serves, whole, and the next pull goes on. */
class KilledTest {
  private static final int SIGKILL = 128 + 9;
  private static final int KILLS = 4;

  @TempDir Path folder;

  private Scene scene;
  private final Random random = new Random();

  @BeforeEach
  void makeTheScene() throws Exception {
    scene = new Scene(folder);
  }

  private Process start(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(Arrays.asList(
        new File(System.getProperty("java.home"), "bin/java").getPath(), "-Xmx64m", "-Xshare:auto", "-cp",
        System.getProperty("java.class.path"), "-Dfedex.golden=" + System.getProperty("fedex.golden"),
        Puller.class.getName(), folder.toString()));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said().toFile()).start();
  }

  private Path said() {
    return folder.resolve("said");
  }

  private String output() throws Exception {
    return new String(Files.readAllBytes(said()), StandardCharsets.UTF_8);
  }

  private void assertServes(long serial) throws Exception {
    try (Serving serving = scene.recognise()) {
      assertEquals(serial, serving.serial());
      assertTrue(serving.warnings().isEmpty(), serving.warnings()::toString);
    }
  }

  @ParameterizedTest
  @EnumSource(UpdateStep.class)
  void killed_at_any_step_a_head_serves_and_the_next_pull_goes_on(UpdateStep step) throws Exception {
    Puller.publish(scene, 1, false);
    scene.pull();
    assertEquals(SIGKILL, start("2", step.name()).waitFor(), output());
    assertServes(step == UpdateStep.INSTALLED ? 2 : 1);
    Puller.publish(scene, 2, false);
    assertEquals(2, scene.pull().serial());
    assertEquals(6, scene.files().size());
    assertServes(2);
  }

  @ParameterizedTest
  @EnumSource(value = UpdateStep.class, names = {"JUDGED", "INSTALLED"})
  void killed_while_it_keeps_a_renewal_the_device_goes_on(UpdateStep step) throws Exception {
    Puller.publish(scene, 1, false);
    scene.pull();
    assertEquals(SIGKILL, start("2", step.name(), "renewal").waitFor(), output());
    assertServes(step == UpdateStep.INSTALLED ? 2 : 1);
    Puller.publish(scene, 2, true);
    assertEquals(new PullReport(PullOutcome.UNCHANGED, 2, 0), scene.pull());
    assertServes(2);
  }

  /** As by a head that crashes the interpreter of this process. */
  @Test
  void a_head_in_whose_trial_the_process_was_killed_twice_is_tried_no_more_until_the_next_release() throws Exception {
    Puller.publish(scene, 1, false);
    scene.pull();
    for (int time = 0; time < 2; time++) {
      assertEquals(SIGKILL, start("2", Puller.IN_TRIAL).waitFor(), output());
      assertServes(1);
    }
    Puller.publish(scene, 2, false);
    assertTrue(assertThrows(HeadRefusedException.class, scene::pull).getMessage().contains("refused: crashed"));
    assertServes(1);
    Puller.publish(scene, 3, true);
    assertEquals(new PullReport(PullOutcome.INSTALLED, 3, 0), scene.pull());
    assertServes(3);
  }

  @Test
  void killed_once_in_a_trial_the_next_pull_tries_again() throws Exception {
    assertEquals(SIGKILL, start("2", Puller.IN_TRIAL).waitFor(), output());
    assertServes(0);
    Puller.publish(scene, 2, false);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(3, scene.files().size());
  }

  @Test
  void killed_at_any_instant_what_was_installed_serves_or_what_came_after_it() throws Exception {
    long serial = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      serial = killAfter(serial + 1, 1 + random.nextInt(10));
      try (Serving serving = scene.recognise()) {
        assertTrue(serving.warnings().isEmpty(), serving.warnings()::toString);
        assertTrue(serving.serial() == serial || serving.serial() == serial + 1, serving.serial() + ", " + serial);
        float[] golden = scene.bundle.golden();
        assertEquals(5 * golden[1], serving.logits(golden)[1]);
        serial = serving.serial();
      }
      assertTrue(scene.heads.floors().byLine().values().iterator().next().serial() >= serial);
    }
    Puller.publish(scene, (int) serial + 1, false);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(6, scene.files().size()); // nothing was left behind
  }

  /** Kills a JVM once it has pulled so often; returns what it said last. */
  private long killAfter(long first, int pulls) throws Exception {
    Process puller = start(Long.toString(first));
    try {
      while (lastSaid(first - 1) < first + pulls) {
        assertTrue(puller.isAlive(), output());
        Thread.sleep(2);
      }
      Thread.sleep(random.nextInt(20));
    } finally {
      puller.destroyForcibly();
    }
    assertEquals(SIGKILL, puller.waitFor());
    return lastSaid(first - 1);
  }

  private long lastSaid(long none) throws Exception {
    long last = none;
    String[] lines = output().split("\n", -1);
    for (int line = 0; line < lines.length - 1; line++) {
      if (lines[line].startsWith(Puller.PULLED)) {
        last = Long.parseLong(lines[line].substring(Puller.PULLED.length()));
      }
    }
    return last;
  }
}
