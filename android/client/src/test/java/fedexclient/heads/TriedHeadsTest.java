package fedexclient.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.storage.AtomicFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TriedHeadsTest {
  private static final String RELEASE = "a".repeat(64);
  private static final String HEAD = "b".repeat(64);

  @TempDir Path folder;

  private Path file;
  private TriedHeads tried;

  @BeforeEach
  void makeIt() {
    file = folder.resolve("tried");
    tried = new TriedHeads(new AtomicFile(file));
  }

  private void giveUp(String release) throws Exception {
    tried.begin(release, HEAD);
    tried.begin(release, HEAD);
  }

  @Test
  void a_head_is_given_up_for_its_release_alone() throws Exception {
    giveUp(RELEASE);
    assertTrue(tried.isGivenUp(RELEASE, HEAD));
    assertFalse(tried.isGivenUp("c".repeat(64), HEAD));
    assertFalse(tried.isGivenUp(RELEASE, "c".repeat(64)));
    tried.forget();
    assertFalse(tried.isGivenUp(RELEASE, HEAD));
  }

  /** As where the trial runs in this process, and takes it along. */
  @Test
  void a_trial_that_never_ended_is_given_up_at_the_second_time() throws Exception {
    tried.begin(RELEASE, HEAD);
    assertFalse(tried.isGivenUp(RELEASE, HEAD));
    tried.begin(RELEASE, HEAD);
    assertTrue(tried.isGivenUp(RELEASE, HEAD));
  }

  @Test
  void a_trial_in_which_the_head_never_ran_leaves_what_was_noted_before() throws Exception {
    tried.begin(RELEASE, HEAD);
    tried.takeBack(RELEASE, HEAD);
    assertFalse(Files.exists(file));
    tried.begin(RELEASE, HEAD);
    tried.begin(RELEASE, HEAD);
    tried.takeBack(RELEASE, HEAD);
    assertFalse(tried.isGivenUp(RELEASE, HEAD));
    tried.begin(RELEASE, HEAD);
    assertTrue(tried.isGivenUp(RELEASE, HEAD));
  }

  @Test
  void a_trial_that_ended_leaves_nothing() throws Exception {
    tried.begin(RELEASE, HEAD);
    tried.end(RELEASE, HEAD);
    assertFalse(Files.exists(file));
  }

  @Test
  void of_many_heads_the_last_are_kept_and_a_garbled_file_is_begun_anew() throws Exception {
    for (int number = 0; number < 100; number++) {
      giveUp(String.format("%064x", number));
    }
    assertTrue(tried.isGivenUp(String.format("%064x", 99), HEAD));
    assertFalse(tried.isGivenUp(String.format("%064x", 0), HEAD));
    Files.write(file, new byte[] {'{'});
    assertFalse(tried.isGivenUp(String.format("%064x", 99), HEAD));
    giveUp(RELEASE);
    assertEquals(true, tried.isGivenUp(RELEASE, HEAD));
  }
}
