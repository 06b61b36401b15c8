package fedexclient.sync;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.service.Stop;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public final class ConsentTest {
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
    assertNull(consent.givenMs());
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop()));
    assertFalse(Files.exists(folder));
  }

  @Test
  public void consent_outlives_the_process_and_keeps_its_time() throws Exception {
    consent.give(1_000);
    consent.give(2_000);
    Consent again = new Consent(folder);
    assertEquals(Long.valueOf(1_000), again.givenMs());
    again.permit(new Stop()).run();
  }

  @Test
  public void withdrawing_stops_what_is_being_uploaded() throws Exception {
    consent.give(1_000);
    Stop running = new Stop();
    Stop ended = new Stop();
    consent.permit(running);
    consent.permit(ended).run();
    consent.withdraw();
    assertTrue(running.isAsked());
    assertFalse(ended.isAsked());
    assertThrows(NoConsentException.class, () -> consent.permit(new Stop()));
    assertNull(new Consent(folder).givenMs());
  }

  @Test
  public void a_file_that_is_garbled_is_no_consent() throws Exception {
    consent.give(1_000);
    Path file = folder.resolve("consent.json");
    for (String garbled : new String[] {"", "{", "{}", "{\"format\":2,\"given_ms\":1}", "{\"format\":1}", "[]"}) {
      Files.write(file, garbled.getBytes(StandardCharsets.UTF_8));
      assertNull(garbled, consent.givenMs());
    }
  }
}
