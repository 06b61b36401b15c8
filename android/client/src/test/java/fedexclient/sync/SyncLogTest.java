package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Objects;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public final class SyncLogTest {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private final SyncPolicy policy = new SyncPolicy(true, true, true, 100);
  private Path folder;
  private SyncLog log;

  @Before
  public void open() {
    folder = temporary.getRoot().toPath().resolve("home");
    log = new SyncLog(folder);
  }

  private static Round done() {
    return Round.run(Collections.emptyList(), new Stop());
  }

  private static Round putOff(long retryAfterS) {
    return Round.run(Collections.singletonList(stop -> new TryLaterException("later", retryAfterS)), new Stop());
  }

  @Test
  public void the_last_push_and_pull_are_kept() {
    assertNull(log.push());
    log.notePush(5, 0, "TRY_LATER");
    log.notePull(6, 4, null);
    log.notePush(7, 3, "REFUSED");
    SyncLog again = new SyncLog(folder);
    assertEquals(7, Objects.requireNonNull(again.push()).endedMs());
    assertEquals("REFUSED", Objects.requireNonNull(again.push()).trouble());
    assertEquals(3, Objects.requireNonNull(again.push()).number());
    assertEquals(6, Objects.requireNonNull(again.pull()).endedMs());
    assertEquals(4, Objects.requireNonNull(again.pull()).number());
    assertNull(Objects.requireNonNull(again.pull()).trouble());
  }

  @Test
  public void a_round_that_went_well_is_followed_within_twice_the_interval() {
    assertEquals(0, log.waitS(done(), policy, 0), 0);
    assertEquals(100, log.waitS(done(), policy, 0.5), 1e-9);
    assertTrue(log.waitS(done(), policy, 0.999) < 200);
  }

  @Test
  public void failures_in_a_row_double_the_span_and_outlive_the_process() {
    assertEquals(200, log.waitS(putOff(0), policy, 0.5), 1e-9);
    assertEquals(400, new SyncLog(folder).waitS(putOff(0), policy, 0.5), 1e-9);
    assertEquals(830, log.waitS(putOff(30), policy, 0.5), 1e-9);
    assertEquals(100, log.waitS(done(), policy, 0.5), 1e-9);
    assertEquals(200, log.waitS(putOff(0), policy, 0.5), 1e-9);
  }

  @Test
  public void no_wait_is_longer_than_four_hours_and_what_was_asked_for() {
    double longest = 0;
    for (int failure = 0; failure < 100; failure++) {
      longest = Math.max(longest, log.waitS(putOff(60), policy, 0.9999));
    }
    assertTrue(longest <= 4 * 3600 + 60);
  }

  @Test
  public void a_garbled_log_begins_anew() throws Exception {
    log.notePush(5, 1, null);
    for (String garbled : new String[] {"", "{", "{\"format\":2}", "{\"format\":1,\"push\":3,\"failures\":\"x\"}",
        "{\"format\":1,\"failures\":-9000000000000000}"}) {
      Files.write(folder.resolve("sync.json"), garbled.getBytes(StandardCharsets.UTF_8));
      assertNull(garbled, log.push());
      assertEquals(garbled, 200, log.waitS(putOff(0), policy, 0.5), 1e-9);
    }
  }

  @Test
  public void a_log_that_cannot_be_written_keeps_nobody_waiting() throws Exception {
    Files.write(folder, new byte[0]); // a file where the folder should be
    log.notePull(5, 0, null);
    assertNull(log.pull());
    assertEquals(200, log.waitS(putOff(0), policy, 0.5), 1e-9);
  }
}
