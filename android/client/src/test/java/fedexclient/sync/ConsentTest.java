package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.service.Stop;
import fedexclient.storage.StorageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public final class ConsentTest {
  private static final String A = "family@0123456789abcdef0123456789abcdef";
  private static final String B = "friends@0123456789abcdef0123456789abcdef";

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private Path folder;
  private Consent consent;

  @Before
  public void open() {
    folder = temporary.getRoot().toPath().resolve("home");
    consent = new Consent(folder);
  }

  @Test
  public void nobody_may_upload_before_the_user_was_asked() throws Exception {
    assertNull(consent.givenMs(A));
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop(), A));
    assertFalse(Files.exists(folder));
  }

  @Test
  public void consent_outlives_the_process_and_keeps_its_time() throws Exception {
    consent.give(1_000, A);
    consent.give(2_000, A);
    Consent again = new Consent(folder);
    assertEquals(Long.valueOf(1_000), again.givenMs(A));
    again.permit(new Stop(), A).run();
  }

  @Test
  public void withdrawing_stops_what_is_being_uploaded() throws Exception {
    consent.give(1_000, A);
    Stop running = new Stop();
    Stop ended = new Stop();
    consent.permit(running, A);
    consent.permit(ended, A).run();
    consent.withdraw();
    assertTrue(running.isAsked());
    assertFalse(ended.isAsked());
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop(), A));
    assertNull(new Consent(folder).givenMs(A));
  }

  /** A disk that failed once let a push go on that the user had just forbidden. */
  @Test
  public void what_is_being_uploaded_is_stopped_even_where_withdrawing_cannot_be_kept() throws Exception {
    consent.give(1_000, A);
    Stop running = new Stop();
    consent.permit(running, A);
    Path file = folder.resolve("consent.json");
    Path there = folder.resolve("there.json");
    Files.move(file, there);
    Files.createDirectories(file.resolve("not-empty"));
    assertThrows(StorageException.class, consent::withdraw);
    assertTrue(running.isAsked());
    Files.delete(file.resolve("not-empty"));
    Files.delete(file);
    Files.move(there, file);
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop(), A));
    assertNull(consent.givenMs(A));
    consent.give(2_000, A);
    consent.permit(new Stop(), A).run();
    assertEquals(Long.valueOf(2_000), consent.givenMs(A));
  }

  /** Consent once named no group, and what was taught went to whichever was joined next. */
  @Test
  public void what_is_given_for_one_group_counts_for_no_other() throws Exception {
    consent.give(1_000, A);
    assertNull(consent.givenMs(B));
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop(), B));
    consent.settle(B);
    assertNull(new Consent(folder).givenMs(B));
    consent.give(2_000, B);
    assertEquals(Long.valueOf(2_000), consent.givenMs(B));
    assertNull(consent.givenMs(A));
  }

  @Test
  public void what_is_given_before_enrolment_counts_for_the_first_group_alone() throws Exception {
    consent.give(1_000, "");
    assertEquals(Long.valueOf(1_000), consent.givenMs(""));
    consent.settle(A);
    consent.settle(B);
    assertEquals(Long.valueOf(1_000), new Consent(folder).givenMs(A));
    assertNull(consent.givenMs(B));
    assertNull(consent.givenMs(""));
  }

  @Test
  public void an_upload_that_is_let_begin_settles_whom_consent_is_for() throws Exception {
    consent.give(1_000, "");
    consent.permit(new Stop(), A).run();
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop(), B));
  }

  @Test
  public void a_file_that_is_garbled_is_no_consent() throws Exception {
    consent.give(1_000, A);
    Path file = folder.resolve("consent.json");
    for (String garbled : new String[] {"", "{", "{}", "{\"format\":2,\"given_ms\":1}", "{\"format\":1}", "[]",
        "{\"format\":1,\"given_ms\":1}", "{\"format\":1,\"given_ms\":1,\"origin\":3}"}) {
      Files.write(file, garbled.getBytes(StandardCharsets.UTF_8));
      assertNull(garbled, consent.givenMs(A));
    }
  }
}
