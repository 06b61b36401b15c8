package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.util.ArrayList;
import java.util.Base64;
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
    for (int kill = 0; kill < 6; kill++) {
      Process process = start(false, "");
      Thread.sleep(150 + random.nextInt(500));
      process.destroyForcibly().waitFor();
      Identity found = store().find();
      assertTrue(service.deviceOf.size() <= 1);
      if (found != null) {
        assertEquals(1, service.deviceOf.size());
      }
    }
    Identity identity = enrol().identity();
    assertEquals(1, service.deviceOf.size());
    assertSettled(enroller().settledIdentity());
    assertEquals(identity.device(), store().require().device());
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
