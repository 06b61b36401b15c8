package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.Cache;
import fedexclient.cache.Outside;
import fedexclient.cache.SealedUpload;
import fedexclient.contract.Codec;
import fedexclient.contract.Sha256;
import fedexclient.service.CutOffException;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnreachableException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.Test;

/** Uploads get through lines that break: split, asked for, sealed anew when they are old; and stop when asked to. */
public class BadLinesTest extends PushTestCase {
  private static final ScriptedService.Fault BUSY = (space, upload) -> {
    throw new TryLaterException("busy", null);
  };

  private void giveSome() throws Exception {
    give(1, "Ada", "Ben", "Cleo", "Dan", "Eve", "Flo", "Gus", "Hal");
  }

  private static CutOffException cutOff() {
    return new CutOffException("the connection broke", new IOException());
  }

  private int differentSamples() {
    Set<String> ids = new HashSet<>();
    service.samples().forEach(sample -> ids.add(Sha256.hexDigits(sample.id())));
    return ids.size();
  }

  @Test
  public void where_the_line_breaks_in_the_middle_smaller_uploads_get_through() throws Exception {
    giveSome();
    service.fault = (space, upload) -> {
      if (upload.samples().size() > 3) {
        throw cutOff();
      }
    };
    PushReport report = push();
    assertEquals(8, report.samples());
    assertNull(report.problem());
    assertEquals(8, service.samples().size());
    assertEquals(8, differentSamples());
    assertTrue(service.asked.stream().anyMatch(one -> one.startsWith("HEAD ")));
  }

  /** The service got it and the connection broke: that it has it is the acknowledgement. */
  @Test
  public void an_upload_whose_answer_was_lost_is_not_sent_again() throws Exception {
    giveSome();
    service.lost = (space, upload) -> {
      throw cutOff();
    };
    PushReport report = push();
    assertEquals(List.of(1, 8), List.of(report.uploads(), report.samples()));
    assertNull(report.problem());
    String id = service.ids.get(0);
    assertEquals(List.of("PUT " + id, "HEAD " + id), service.asked);
  }

  @Test
  public void while_the_service_cannot_be_asked_an_upload_stays_as_it_is() throws Exception {
    giveSome();
    service.fault = (space, upload) -> {
      throw cutOff();
    };
    service.deaf = (space, upload) -> {
      throw new UnreachableException("no network", new IOException());
    };
    assertInstanceOf(UnreachableException.class, push().problem());
    assertEquals(List.of("8 waiting"), unfinished());
  }

  @Test
  public void a_single_sample_that_is_cut_off_waits() throws Exception {
    giveSome();
    service.fault = (space, upload) -> {
      throw cutOff();
    };
    PushReport report = push();
    assertInstanceOf(CutOffException.class, report.problem());
    assertEquals(0, report.uploads());
    assertEquals(List.of("1 waiting"), unfinished());
    service.fault = (space, upload) -> {};
    assertEquals(8, push().samples());
    assertEquals(8, differentSamples());
  }

  @Test
  public void what_was_sealed_long_ago_is_sealed_as_it_is_done_now() throws Exception {
    giveSome();
    service.fault = BUSY;
    push();
    service.fault = (space, upload) -> {};
    String old = Outside.rows(file(), "SELECT id FROM uploads").get(0);
    Outside.change(file(), "UPDATE uploads SET sealed_ms = sealed_ms - " + (Outbox.SEALED_FOR_MS + 1000));
    PushReport report = push(new UploadForm(Codec.FLOAT16, 3, 32 << 20));
    assertEquals(List.of(3, 8), List.of(report.uploads(), report.samples()));
    assertFalse(service.ids.contains(old));
    assertEquals(List.of(), unfinished());
  }

  @Test
  public void what_was_sealed_lately_is_sent_as_it_is() throws Exception {
    giveSome();
    service.fault = BUSY;
    push();
    service.fault = (space, upload) -> {};
    String old = Outside.rows(file(), "SELECT id FROM uploads").get(0);
    Outside.change(file(), "UPDATE uploads SET sealed_ms = sealed_ms - " + (Outbox.SEALED_FOR_MS - 100_000));
    push();
    assertEquals(List.of(old), service.ids);
  }

  @Test
  public void what_is_old_and_not_all_here_is_sent_as_it_is() throws Exception {
    giveSome();
    SealedUpload sealed;
    try (Cache cache = open()) {
      sealed = outbox(cache, EXACT).seal();
    }
    Outside.change(file(), "UPDATE uploads SET sealed_ms = 0");
    Outside.change(file(), "DELETE FROM inferences WHERE id = 1");
    push();
    assertEquals(List.of(sealed.id()), service.ids);
  }

  @Test
  public void a_clock_that_was_wrong_seals_anew_once() throws Exception {
    giveSome();
    try (Cache cache = open()) {
      outbox(cache, EXACT).seal();
    }
    Outside.change(file(), "UPDATE uploads SET sealed_ms = 0"); // 1970
    assertEquals(8, push().samples());
    assertDidNothing(push());
  }

  @Test
  public void a_service_that_says_later_splits_nothing() throws Exception {
    giveSome();
    service.fault = BUSY;
    push();
    assertEquals(List.of("8 waiting"), unfinished());
  }

  @Test
  public void who_asks_for_the_end_while_an_upload_is_sent_loses_nothing_and_nothing_is_noted() throws Exception {
    giveSome();
    for (boolean arrives : new boolean[] {false, true}) {
      ScriptedService.Fault stopping = (space, upload) -> {
        throw new StoppedException();
      };
      service.fault = arrives ? (space, upload) -> {} : stopping;
      service.lost = stopping;
      assertStopped(push());
    }
    String id = service.ids.get(0);
    service.lost = (space, upload) -> {};
    assertEquals(8, push().samples());
    assertEquals(List.of(id, id), service.ids);
    assertEquals(List.of("PUT " + id, "PUT " + id, "PUT " + id), service.asked);
  }

  private void assertStopped(PushReport report) throws Exception {
    assertTrue(report.wasStopped());
    assertNull(report.problem());
    assertEquals(0, report.uploads());
    assertEquals(List.of("waiting|null"), Outside.rows(file(), "SELECT state, problem FROM uploads"));
  }

  @Test
  public void who_asks_for_the_end_while_it_is_asked_for_loses_nothing() throws Exception {
    giveSome();
    service.fault = (space, upload) -> {
      throw cutOff();
    };
    service.deaf = (space, upload) -> {
      throw new StoppedException();
    };
    assertStopped(push());
  }

  @Test
  public void who_asks_for_the_end_between_two_uploads_gets_it_before_the_second() throws Exception {
    giveSome();
    Stop stop = new Stop();
    service.lost = (space, upload) -> stop.ask();
    try (Cache cache = open()) {
      Outbox outbox = outbox(cache, new UploadForm(Codec.FLOAT32, 3, 32 << 20));
      PushReport report = new Sender().push(outbox, service, Set.of(), stop);
      assertTrue(report.wasStopped());
      assertEquals(3, report.samples());
    }
    assertEquals(1, service.asked.size());
    assertEquals(List.of(), unfinished());
    service.lost = (space, upload) -> {};
    assertEquals(5, push().samples());
  }

  @Test
  public void who_asked_before_it_began_gets_nothing_sent() throws Exception {
    giveSome();
    Stop stop = new Stop();
    stop.ask();
    try (Cache cache = open()) {
      assertTrue(new Sender().push(outbox(cache, EXACT), service, Set.of(), stop).wasStopped());
    }
    assertEquals(List.of(), service.asked);
  }

  @Test
  public void a_listener_is_told_what_is_done_and_what_is_known_to_wait() throws Exception {
    giveSome();
    List<String> told = new ArrayList<>();
    PushListener listener = progress -> told.add(progress.uploadsDone() + " " + progress.bytesDone() + ", "
        + progress.uploadsWaiting() + " " + progress.bytesWaiting());
    try (Cache cache = open()) {
      Outbox outbox = outbox(cache, new UploadForm(Codec.FLOAT32, 4, 32 << 20));
      outbox.seal();
      outbox.seal();
      new Sender(listener).push(outbox, service, Set.of(), new Stop());
    }
    int first = service.bodies.get(0).length;
    int both = first + service.bodies.get(1).length;
    assertEquals(List.of("0 0, 2 " + both, "1 " + first + ", 1 " + (both - first), "2 " + both + ", 0 0"), told);
  }
}
