package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM that enrols dies at each step, and at random instants; the next one is the same device. */
class EnrolmentKilledTest extends EnrolmentTestCase {
  private static final int KILLS = 10;
  private static final int LONGEST_MS = 40;

  private String phone = "phone";

  /** Each phone has one of its own. */
  @Override
  Path home() {
    return folder.resolve(phone);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "TAGS_FORGOTTEN") // there is no device yet whose tags there could be
  void a_first_enrolment_that_died_is_gone_on_with_as_the_same_device(EnrolmentStep step) throws Exception {
    heads().install();
    assertEquals(Enrolling.DIED, run(false, step.name()));
    boolean isKept = step.compareTo(EnrolmentStep.IDENTITY_KEPT) >= 0;
    assertEquals(isKept, store().find() != null);
    assertEquals(step.compareTo(EnrolmentStep.HEADS_FORGOTTEN) < 0, heads().areThere());
    Identity identity = enrol().identity();
    assertEquals(1, service.deviceOf.size());
    assertEquals(List.of(Base64.getEncoder().encodeToString(identity.secret())),
        new ArrayList<>(service.deviceOf.keySet()));
    assertSettled(identity);
  }

  @ParameterizedTest
  @EnumSource
  void another_groups_enrolment_that_died_leaves_the_old_device_or_the_new_one(EnrolmentStep step) throws Exception {
    Identity before = enrol().identity();
    heads().install();
    service.group = "strangers";
    service.device = Asking.repeated("e", 16);
    service.deviceOf.clear();
    letTokenExpire();
    assertEquals(Enrolling.DIED, run(true, step.name()));
    Identity found = store().require();
    if (step.compareTo(EnrolmentStep.IDENTITY_KEPT) < 0) {
      assertEquals(before, found);
      assertTrue(heads().areThere()); // with its floors
      found = enrolAgain().identity();
    } else {
      assertTrue(found.mustForgetHeads());
      found = enroller().settledIdentity();
    }
    assertNotEquals(before.origin(), found.origin());
    assertEquals(1, service.deviceOf.size());
    assertSettled(found);
  }

  private void assertSettled(Identity identity) throws Exception {
    assertEquals(identity, store().require());
    assertFalse(identity.mustForgetHeads());
    assertFalse(heads().areThere());
    assertFalse(home().resolve("enrolling.json").toFile().exists());
  }

  @Test
  void killed_at_random_instants_a_device_is_always_one() throws Exception {
    Random random = new Random();
    int hits = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      phone = "phone" + kill;
      service.deviceOf.clear();
      String request = kill % 2 == 0 ? "GET /v1/keys" : "POST /v1/devices";
      hits += killedAfter(request, kill < 2 ? 0 : random.nextInt(LONGEST_MS)) ? 1 : 0;
      assertTrue(service.deviceOf.size() <= 1);
      if (store().find() != null) {
        assertEquals(1, service.deviceOf.size());
      }
      Identity identity = enrol().identity();
      assertEquals(1, service.deviceOf.size());
      assertSettled(enroller().settledIdentity());
      assertEquals(identity.device(), store().require().device());
    }
    assertTrue(hits > KILLS / 4, hits + " of " + KILLS + " died of it");
  }

  /** Kills one so long after such a request; returns whether it had not ended by itself. */
  private boolean killedAfter(String request, long milliseconds) throws Exception {
    long before = Collections.frequency(service.asked(), request);
    Process process = start(false, "");
    while (Collections.frequency(service.asked(), request) == before) {
      Thread.sleep(1);
    }
    Thread.sleep(milliseconds);
    return process.destroyForcibly().waitFor() != 0;
  }

  @Test
  void who_waits_for_the_lock_of_one_that_is_killed_gets_it() throws Exception {
    CountDownLatch isAsked = new CountDownLatch(1);
    service.faults.put("/v1/devices", (connection, head) -> {
      isAsked.countDown();
      Thread.sleep(60_000);
    });
    Process process = start(false, "");
    assertTrue(isAsked.await(30, TimeUnit.SECONDS));
    service.faults.clear();
    process.destroyForcibly();
    enrol();
    assertEquals(1, service.deviceOf.size());
  }

  @Test
  void a_jvm_that_does_not_die_enrols() throws Exception {
    assertNull(store().find());
    assertEquals(0, run(false, ""));
    assertEquals(service.device, store().require().device());
  }

  private int run(boolean isAgain, String step) throws Exception {
    return start(isAgain, step).waitFor();
  }

  private Process start(boolean isAgain, String step) throws Exception {
    String java = new File(System.getProperty("java.home"), "bin/java").getPath();
    return new ProcessBuilder(java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
        Enrolling.class.getName(), home().toString(), service.url(), StubService.CODE, Boolean.toString(isAgain), step)
        .inheritIO().start();
  }
}
