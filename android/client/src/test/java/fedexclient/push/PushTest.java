package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.cache.BundleSetup;
import fedexclient.cache.Cache;
import fedexclient.cache.Entries;
import fedexclient.cache.NewFeedback;
import fedexclient.cache.Outside;
import fedexclient.cache.SealedAs;
import fedexclient.contract.Codec;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.Sample;
import fedexclient.contract.Sha256;
import fedexclient.contract.Upload;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.Test;

/** What goes into an upload, and what does not. */
public class PushTest extends PushTestCase {
  @Test
  public void feedback_arrives_with_its_feature_as_it_was_computed() throws Exception {
    give(1, "Ada", "Zoe");
    PushReport report = push();
    Upload upload = service.uploads.get(0);
    assertEquals(1, report.uploads());
    assertEquals(2, report.samples());
    assertEquals(service.bodies.get(0).length, report.bytes());
    assertNull(report.problem());
    assertEquals(Entries.SPACE, upload.space());
    assertEquals(Sha256.hex(service.bodies.get(0)), service.ids.get(0));
    assertEquals(List.of("Ada", "Zoe"), ScriptedService.labels(upload));
    assertEquals(Entries.COMPUTED_BY.setup(), upload.selfTest().setup());
    assertEquals(1_000_000, upload.selfTest().cosinePpm());
    assertArrayEquals(constant(2), upload.samples().get(1).feature());
  }

  @Test
  public void by_default_an_upload_of_four_bits_passes_in_two_minutes_of_one_kib_a_second() {
    UploadForm usual = UploadForm.usual();
    assertEquals(List.of(Codec.INT4, 256, 128 << 10),
        List.of(usual.codec(), usual.maxSamples(), usual.maxBytes()));
  }

  @Test
  public void without_feedback_nothing_is_sent() throws Exception {
    try (Cache cache = open()) {
      long space = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(WIDTH));
      cache.inferences().add(Entries.inference(1, constant(1), Entries.COMPUTED_BY), space);
    }
    Outside.passSelfTests(file());
    assertDidNothing(push());
    assertEquals(List.of(), service.asked);
  }

  @Test
  public void what_is_acknowledged_is_not_sent_again_and_takes_no_room() throws Exception {
    give(1, "Ada");
    push();
    assertDidNothing(push());
    assertEquals(1, service.uploads.size());
    assertEquals(List.of("acknowledged|null"), Outside.rows(file(), "SELECT state, body FROM uploads"));
    assertEquals(List.of("0"), Outside.rows(file(), "SELECT waiting FROM inferences"));
  }

  @Test
  public void the_same_photo_is_the_same_sample_and_later_feedback_has_a_higher_revision() throws Exception {
    give(1, "Ada");
    push();
    give(1, "Ben");
    push();
    assertEquals(List.of(List.of("Ada"), List.of("Ben")), service.labels());
    Sample first = service.samples().get(0);
    Sample second = service.samples().get(1);
    assertArrayEquals(first.id(), second.id());
    assertTrue(second.revision() > first.revision());
  }

  @Test
  public void feedback_given_twice_on_one_photo_before_a_push_is_one_sample() throws Exception {
    give(1, "Ada");
    give(1, "Ben");
    assertEquals(1, push().samples());
    assertEquals(List.of(List.of("Ben")), service.labels());
    assertDidNothing(push());
  }

  @Test
  public void an_upload_holds_at_most_as_many_samples_as_its_form_says() throws Exception {
    give(1, "Ada", "Ada", "Ada", "Ada", "Ada");
    assertEquals(3, push(new UploadForm(Codec.FLOAT32, 2, 32 << 20)).uploads());
    assertEquals(List.of(List.of("Ada", "Ada"), List.of("Ada", "Ada"), List.of("Ada")), service.labels());
  }

  @Test
  public void an_upload_keeps_to_the_bytes_of_its_form() throws Exception {
    List<String> given = List.of("Ada", "Ben", "Cleo", "Dan", "Eve", "Flo", "Gus", "Hal");
    for (int number = 0; number < given.size(); number++) {
      give(number, given.get(number), noise(number), "");
    }
    PushReport report = push(new UploadForm(Codec.FLOAT32, 256, 800));
    assertEquals(8, report.samples());
    assertTrue(report.uploads() > 1 && report.uploads() < 8, report.toString());
    service.bodies.forEach(body -> assertTrue(body.length <= 800, body.length + " bytes"));
    List<String> sent = new ArrayList<>();
    service.labels().forEach(sent::addAll);
    assertEquals(given, sent);
  }

  /** A feature that does not deflate. */
  private static float[] noise(long seed) {
    float[] feature = new float[WIDTH];
    Random random = new Random(seed);
    for (int index = 0; index < feature.length; index++) {
      feature[index] = (float) random.nextGaussian();
    }
    return feature;
  }

  @Test
  public void a_single_sample_may_be_larger() throws Exception {
    give(1, "Ada", "Ben", "Cleo");
    assertEquals(3, push(new UploadForm(Codec.FLOAT32, 256, 1)).uploads());
  }

  @Test
  public void no_upload_holds_more_than_a_reader_inflates() throws Exception {
    try (Cache cache = open()) {
      long space = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(1 << 22));
      long inference = cache.inferences().add(Entries.inference(1, constant(1), Entries.COMPUTED_BY), space);
      long revision = cache.feedback().add(NewFeedback.correcting(inference, "Ada", "", 0));
      Choice choice = new Choice(List.of(revision), List.of());
      assertEquals(4, new Sealer(cache, Codec.INT4).likelySamples(choice, 32 << 20));
    }
  }

  @Test
  public void a_sample_that_no_service_would_take_is_left_out_and_the_others_are_sent() throws Exception {
    for (Codec codec : Codec.values()) {
      assertLeftOut(codec, "Ben", constant(1e9f), "features");
      assertLeftOut(codec, "Ben", constant(-65_530), "features");
      assertLeftOut(codec, "Ben", constant(3e38f), "features");
      assertLeftOut(codec, "Ben", constant(Float.NaN), "features");
      assertLeftOut(codec, "Unknown", constant(1), "upload.labels: expected another name");
      assertLeftOut(codec, "x".repeat(65), constant(1), "upload.labels: expected at most 64 code points");
      assertLeftOut(codec, "Ben", new float[WIDTH - 1], "features: expected 32 bytes");
    }
  }

  private void assertLeftOut(Codec codec, String label, float[] feature, String why) throws Exception {
    int first = 10 * service.uploads.size();
    give(first + 1, "Ada");
    give(first + 2, label, feature, "");
    give(first + 3, "Zoe");
    try (Cache cache = open()) {
      Outbox outbox = outbox(cache, new UploadForm(codec, 9, 32 << 20));
      PushReport report = push(outbox);
      assertEquals(List.of(1, 2, 1), List.of(report.uploads(), report.samples(), report.leftOut()));
      UnsendableException problem = assertInstanceOf(UnsendableException.class, report.problem());
      assertTrue(problem.getMessage().matches("inference [0-9]+: cannot be uploaded: .*"), problem.getMessage());
      assertTrue(problem.getMessage().contains(why), problem.getMessage());
      assertEquals(1, cache.feedback().unsealed(OWN.origin()).size());
    }
    assertEquals(List.of("Ada", "Zoe"), service.labels().get(service.uploads.size() - 1));
    Outside.change(file(), "DELETE FROM feedback WHERE upload IS NULL");
  }

  @Test
  public void right_feedback_takes_the_place_of_what_no_service_would_take() throws Exception {
    give(1, "unknown");
    assertEquals(1, push().leftOut());
    give(1, "Zoe");
    PushReport report = push();
    assertEquals(List.of(1, 1, 0), List.of(report.uploads(), report.samples(), report.leftOut()));
    assertEquals(List.of(List.of("Zoe")), service.labels());
  }

  @Test
  public void earlier_feedback_is_not_sent_in_place_of_what_is_left_out() throws Exception {
    give(1, "Ada");
    give(1, "unknown");
    give(2, "Ben");
    assertEquals(1, push().leftOut());
    assertEquals(List.of(List.of("Ben")), service.labels());
  }

  @Test
  public void features_of_two_spaces_and_two_setups_are_never_in_one_upload() throws Exception {
    try (Cache cache = open()) {
      add(cache, 1, "a", Entries.COMPUTED_BY, WIDTH);
      add(cache, 2, "b", Entries.COMPUTED_BY, 2, 4);
      add(cache, 3, "a", Entries.computedBy("fedex 2"), WIDTH);
      add(cache, 4, "a", Entries.COMPUTED_BY, WIDTH);
    }
    Outside.passSelfTests(file());
    assertEquals(3, push().uploads());
    List<String> got = new ArrayList<>();
    for (Upload upload : service.uploads) {
      got.add(upload.space().charAt(0) + " " + upload.selfTest().setup().app() + " " + upload.samples().size());
    }
    assertEquals(List.of("a fedex 1 2", "b fedex 1 1", "a fedex 2 1"), got);
  }

  private static void add(Cache cache, int photo, String space, BundleSetup setup, long... shape) throws Exception {
    long key = cache.inferences().spaceKey(space.repeat(64), FeatureShape.of(shape));
    long inference = cache.inferences().add(Entries.inference(photo, constant(1), setup), key);
    cache.feedback().add(NewFeedback.agreeing(inference, "Ada", "", 0));
  }

  @Test
  public void feedback_given_in_another_group_is_never_sent() throws Exception {
    String others = "others@0123456789abcdef";
    give(1, "Ada", constant(1), others);
    give(2, "Ben", constant(1), OWN.origin());
    try (Cache cache = open()) {
      assertNotNull(new Outbox(cache, new SealedAs(others, OWN.device()), EXACT, () -> 0, ALONE).seal());
    }
    push();
    assertEquals(List.of(List.of("Ben")), service.labels());
  }

  @Test
  public void two_pushes_at_once_send_every_sample_in_one_upload_only() throws Exception {
    give(1, "Ada", "Ben");
    List<String> seals = new ArrayList<>();
    try (Cache cache = open(); Cache otherCache = open()) {
      Outbox other = outbox(otherCache, EXACT);
      PushStep.Observer overtaking = step -> {
        if (step == PushStep.CHOSEN && seals.isEmpty()) {
          seals.add(sealed(other));
        }
      };
      // The second one seals between the choice of the first and its transaction; the first chooses anew.
      assertNull(new Outbox(cache, OWN, EXACT, () -> 0, ALONE, overtaking).seal());
    }
    push();
    assertEquals(seals, service.ids);
    assertEquals(List.of(List.of("Ada", "Ben")), service.labels());
  }

  private static String sealed(Outbox outbox) {
    try {
      return String.valueOf(outbox.seal().id());
    } catch (Exception error) {
      throw new AssertionError(error);
    }
  }

  @Test
  public void what_is_gone_while_it_is_chosen_is_not_sealed() throws Exception {
    give(1, "Ada", "Ben");
    try (Cache cache = open()) {
      Choice choice = Chooser.choose(cache.feedback().unsealed(OWN.origin()), 9);
      Outside.change(file(), "DELETE FROM inferences WHERE id = 2");
      assertNull(new Sealer(cache, Codec.INT4).seal(choice));
      Outside.change(file(), "DELETE FROM inferences");
      assertNull(new Sealer(cache, Codec.INT4).seal(choice));
      assertDidNothing(push(outbox(cache, EXACT)));
    }
  }

  @Test
  public void inferences_are_kept_while_an_upload_is_sealed_and_sent() throws Exception {
    give(1, "Ada");
    try (Cache cache = open(); Cache other = open()) {
      PushStep.Observer inferring = step -> infer(other, 10 + step.ordinal());
      push(new Outbox(cache, OWN, EXACT, () -> 0, ALONE, inferring));
      assertEquals(1 + PushStep.values().length, cache.inferences().count());
    }
  }

  private static void infer(Cache cache, int photo) {
    try {
      long space = cache.inferences().spaceKey(Entries.SPACE, FeatureShape.of(WIDTH));
      cache.inferences().add(Entries.inference(photo, constant(1), Entries.COMPUTED_BY), space);
    } catch (Exception error) {
      throw new AssertionError(error);
    }
  }
}
