package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.Cache;
import fedexclient.cache.Entries;
import fedexclient.cache.NewFeedback;
import fedexclient.cache.Outside;
import fedexclient.cache.SealedUpload;
import fedexclient.cache.UploadStatus;
import fedexclient.contract.Codec;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.Problem;
import fedexclient.contract.Sha256;
import fedexclient.service.RefusedException;
import fedexclient.service.Stop;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnexplainedException;
import fedexclient.service.UnreachableException;
import fedexclient.trust.ProtocolViolationException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.Test;

/** What is done about uploads that the service, or something before it, does not take. */
public class RefusedUploadsTest extends PushTestCase {
  @Test
  public void a_refused_upload_is_set_aside_and_blocks_no_other() throws Exception {
    for (Problem problem : List.of(Problem.IMPOSSIBLE, Problem.WRONG_SPACE, Problem.MALFORMED)) {
      int before = service.uploads.size();
      give(10 * before + 1, "Ada");
      service.fault = ScriptedService.refusing(problem);
      PushReport report = push();
      assertEquals(1, report.refused());
      assertInstanceOf(RefusedException.class, report.problem());
      service.fault = (space, upload) -> {};
      give(10 * before + 2, "Ben");
      assertEquals(1, push().uploads());
      assertEquals(List.of("Ben"), service.labels().get(before));
      assertEquals(List.of("1 refused"), unfinished());
      assertSentWhenAsked();
    }
  }

  /** The same bytes would be refused again: an update of the app helps only what it seals itself. */
  @Test
  public void what_was_refused_for_its_version_is_sealed_as_it_is_done_now_when_it_is_sent_again() throws Exception {
    give(1, "Ada");
    service.fault = ScriptedService.refusing(Problem.UNSUPPORTED_VERSION);
    assertEquals(1, push().refused());
    service.fault = (space, upload) -> {};
    try (Cache cache = open()) {
      String old = cache.uploads().unfinished().get(0).id();
      Outbox outbox = outbox(cache, new UploadForm(Codec.FLOAT16, 256, 32 << 20));
      outbox.retryRefused();
      assertEquals(1, push(outbox).uploads());
      assertFalse(service.ids.contains(old));
    }
    assertEquals(List.of(List.of("Ada")), service.labels());
  }

  private void assertSentWhenAsked() throws Exception {
    try (Cache cache = open()) {
      UploadStatus kept = cache.uploads().unfinished().get(0);
      assertTrue(String.valueOf(kept.problem()).contains("expected this, got that"));
      Outbox outbox = outbox(cache, EXACT);
      outbox.retryRefused();
      assertEquals(1, push(outbox).uploads());
    }
  }

  @Test
  public void an_upload_that_was_damaged_in_the_cache_is_set_aside_and_blocks_no_other() throws Exception {
    give(1, "Ada");
    try (Cache cache = open()) {
      assertNotNull(outbox(cache, EXACT).seal());
    }
    Outside.change(file(), "UPDATE uploads SET body = x'00'");
    give(2, "Ben");
    PushReport report = push();
    assertEquals(List.of(1, 1), List.of(report.uploads(), report.refused()));
    assertInstanceOf(DamagedUploadException.class, report.problem());
    assertEquals(List.of(List.of("Ben")), service.labels());
    assertEquals(1, service.asked.size());
  }

  /** Refuses an upload of more samples than a bound below the contract's. */
  private static ScriptedService.Fault takingAtMost(int most) {
    return (space, upload) -> {
      if (upload.samples().size() > most) {
        throw ScriptedService.refusal(Problem.TOO_LARGE);
      }
    };
  }

  private int differentSamples() {
    Set<String> ids = new HashSet<>();
    service.samples().forEach(sample -> ids.add(Sha256.hexDigits(sample.id())));
    return ids.size();
  }

  @Test
  public void an_upload_that_is_too_large_for_the_service_is_split_until_it_is_not() throws Exception {
    give(1, "Ada", "Ben", "Cleo", "Zoe", "Ada", "Ben", "Cleo");
    service.fault = takingAtMost(2);
    PushReport report = push();
    assertEquals(List.of(7, 0), List.of(report.samples(), report.refused()));
    assertNull(report.problem());
    assertEquals(7, service.samples().size());
    assertEquals(7, differentSamples());
    assertEquals(List.of(), unfinished());
    assertDidNothing(push());
  }

  @Test
  public void what_was_inferred_since_does_not_push_out_what_may_still_be_split() throws Exception {
    give(1, "Ada", "Ben");
    service.fault = (space, upload) -> {
      throw new TryLaterException("busy", 7L);
    };
    push();
    try (Cache small = Cache.open(file(), 1)) {
      long space = small.inferences().spaceKey(Entries.SPACE, FeatureShape.of(WIDTH));
      for (int photo = 10; photo < 19; photo++) {
        small.inferences().add(Entries.inference(photo, constant(1), Entries.COMPUTED_BY), space);
      }
      service.fault = takingAtMost(1);
      assertEquals(2, push(outbox(small, EXACT)).samples());
      small.inferences().add(Entries.inference(20, constant(1), Entries.COMPUTED_BY), space);
      assertEquals(1, small.inferences().count());
    }
  }

  @Test
  public void a_bound_of_a_proxy_splits_an_upload_and_sets_nothing_aside() throws Exception {
    give(1, "Ada", "Ben", "Cleo");
    service.fault = (space, upload) -> {
      throw new UnexplainedException("too large", 413);
    };
    PushReport report = push();
    assertEquals(List.of(0, 0), List.of(report.uploads(), report.refused()));
    assertInstanceOf(UnexplainedException.class, report.problem());
    service.fault = (space, upload) -> {
      if (upload.samples().size() > 2) {
        throw new UnexplainedException("too large", 413);
      }
    };
    assertEquals(3, push().samples());
    assertEquals(3, differentSamples());
  }

  @Test
  public void one_sample_that_is_too_large_for_the_service_is_set_aside() throws Exception {
    give(1, "Ada", "Ben");
    service.fault = takingAtMost(0);
    PushReport report = push();
    assertEquals(List.of(0, 2, 3), List.of(report.uploads(), report.refused(), service.asked.size()));
    assertEquals(List.of("1 refused", "1 refused"), unfinished());
  }

  @Test
  public void an_upload_whose_feedback_is_not_whole_is_set_aside_and_not_split() throws Exception {
    give(1, "Ada", "Ben");
    try (Cache cache = open()) {
      assertNotNull(outbox(cache, EXACT).seal());
    }
    Outside.change(file(), "DELETE FROM inferences WHERE id = 1");
    service.fault = takingAtMost(1);
    assertEquals(1, push().refused());
    assertEquals(List.of("2 refused"), unfinished());
  }

  @Test
  public void what_another_process_has_got_acknowledged_is_not_split() throws Exception {
    give(1, "Ada", "Ben");
    try (Cache cache = open()) {
      Outbox outbox = outbox(cache, EXACT);
      SealedUpload sealed = outbox.seal();
      outbox.acknowledge(sealed.id());
      assertFalse(outbox.split(sealed));
      assertNull(outbox.seal());
      assertEquals(2, cache.uploads().countAcknowledgedSamples());
    }
  }

  @Test
  public void a_refusal_that_is_not_the_uploads_fault_keeps_it_waiting() throws Exception {
    give(1, "Ada");
    for (Problem problem : List.of(Problem.UNAUTHENTICATED, Problem.FORBIDDEN, Problem.UNKNOWN_SPACE)) {
      service.fault = ScriptedService.refusing(problem);
      assertInstanceOf(RefusedException.class, push().problem());
      assertEquals(List.of("1 waiting"), unfinished());
    }
    service.fault = (space, upload) -> {};
    assertEquals(1, push().uploads());
  }

  private void giveInSpace(String space) throws Exception {
    try (Cache cache = open()) {
      long key = cache.inferences().spaceKey(space, FeatureShape.of(WIDTH));
      long inference = cache.inferences().add(Entries.inference(50, constant(1), Entries.COMPUTED_BY), key);
      cache.feedback().add(NewFeedback.agreeing(inference, "Ada", "", 0));
    }
  }

  @Test
  public void a_space_that_the_service_does_not_have_does_not_block_the_others() throws Exception {
    for (Problem problem : List.of(Problem.UNKNOWN_SPACE, Problem.RETIRED_SPACE)) {
      String other = (problem == Problem.UNKNOWN_SPACE ? "e" : "f").repeat(64);
      giveInSpace(other);
      give(service.uploads.size() + 1, "Ben");
      service.fault = (space, upload) -> {
        if (!space.equals(Entries.SPACE)) {
          throw ScriptedService.refusal(problem);
        }
      };
      PushReport report = push();
      assertEquals(List.of(1, 0), List.of(report.uploads(), report.refused()));
      assertInstanceOf(RefusedException.class, report.problem());
      assertEquals(problem == Problem.RETIRED_SPACE, report.hasMetRetirement());
    }
    assertEquals(List.of("1 waiting", "1 waiting"), unfinished());
  }

  @Test
  public void what_is_of_a_retired_space_waits_and_is_not_sent() throws Exception {
    giveInSpace("e".repeat(64));
    give(1, "Ben");
    try (Cache cache = open()) {
      PushReport report = new Sender().push(outbox(cache, EXACT), service, Set.of("e".repeat(64)), new Stop());
      assertInstanceOf(SpaceRetiredException.class, report.problem());
      assertFalse(report.hasMetRetirement());
    }
    assertEquals(List.of(List.of("Ben")), service.labels());
    assertEquals(List.of("1 waiting"), unfinished());
  }

  @Test
  public void a_service_in_trouble_stops_the_push_and_loses_nothing() throws Exception {
    assertStops(new TryLaterException("busy", 7L));
    assertStops(new UnreachableException("no network", new IOException()));
    assertStops(new ProtocolViolationException("expected the acknowledgement, got a page"));
    assertStops(new UnexplainedException("a portal", 401));
    assertStops(new UnexplainedException("a portal", 422));
  }

  private void assertStops(Exception problem) throws Exception {
    int before = service.uploads.size();
    int asked = service.asked.size();
    give(10 * before + 1, "Ada");
    service.fault = (space, upload) -> throwing(problem);
    PushReport report = push();
    assertSame(problem, report.problem());
    assertEquals(List.of(0, 0), List.of(report.uploads(), report.refused()));
    give(10 * before + 2, "Ben");
    assertEquals(0, push().uploads());
    assertEquals(2, service.asked.size() - asked);
    assertEquals(List.of("1 waiting"), unfinished());
    service.fault = (space, upload) -> {};
    assertEquals(2, push().samples());
  }

  private static void throwing(Exception problem) throws TryLaterException, ProtocolViolationException {
    if (problem instanceof TryLaterException) {
      throw (TryLaterException) problem;
    }
    throw (ProtocolViolationException) problem;
  }
}
