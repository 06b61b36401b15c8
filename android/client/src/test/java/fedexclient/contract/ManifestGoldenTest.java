package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestGoldenTest {
  static List<Golden.Vector> forms() {
    return Golden.vectors("manifests.json");
  }

  static List<Golden.Vector> refusedPoints() {
    return Golden.vectors("refusals/points.json");
  }

  static List<Golden.Vector> thresholds() {
    return Golden.vectors("unknown.json");
  }

  static List<Golden.Vector> shares() {
    return Golden.vectors("shares.json");
  }

  static List<Golden.Vector> withdrawals() {
    return Golden.vectors("withdrawals.json");
  }

  static List<Golden.Vector> trials() {
    return Golden.vectors("head-trials.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"manifest.json", "manifest-extra.json"})
  void the_golden_manifest_is_read_with_and_without_parts_that_nobody_knows(String name) throws Exception {
    Manifest manifest = Manifest.parse(Golden.bytes(name));
    assertEquals("home", manifest.group());
    assertEquals(Channel.BEST, manifest.channel());
    assertEquals(7, manifest.serial());
    assertEquals(1_760_000_000, manifest.issued());
    assertEquals(1_762_592_000, manifest.expires());
    assertEquals("freeze6", manifest.cut());
    assertEquals(FeatureShape.of(4), manifest.shape());
    assertEquals(2, manifest.labelCount());
    assertEquals(Set.of(Precision.FLOAT32, Precision.DYNAMIC), manifest.heads().keySet());
    assertEquals(1.25, manifest.temperature());
    assertEquals(0.9944, manifest.accuracy());
    assertEquals(181, manifest.validationSamples());
    assertNull(manifest.parent());
    assertEquals(2_500, manifest.rollout().share());
    assertTrue(manifest.withdraws().isEmpty());
    assertEquals(893_000, manifest.points().at(Strictness.STRICT).knownPpm());
    assertEquals(2f, manifest.heads().get(Precision.FLOAT32).logits()[0]);
    assertEquals(-0.5f, manifest.heads().get(Precision.DYNAMIC).logits()[1]);
  }

  @Test
  void with_a_withdrawal_the_head_of_the_bundle_serves() throws Exception {
    Manifest manifest = Manifest.parse(Golden.bytes("manifest-withdrawal.json"));
    assertTrue(manifest.heads().isEmpty());
    assertTrue(manifest.withdraws().contain(1) && manifest.withdraws().contain(7));
    assertFalse(manifest.withdraws().contain(8));
    assertTrue(manifest.isFor("d-0123456789"));
    assertEquals(Sha256.hex(Golden.bytes("manifest.json")), manifest.parent());
  }

  @ParameterizedTest
  @MethodSource("forms")
  void a_manifest_is_read_or_refused_by_its_form(Golden.Vector vector) throws Exception {
    byte[] data = ChangedDocument.encode("manifest.json", vector.map("with"), vector.list("without"));
    if (vector.get("refused").equals(true)) {
      Refusal.of(() -> Manifest.parse(data));
    } else {
      Manifest.parse(data);
    }
  }

  @ParameterizedTest
  @MethodSource("refusedPoints")
  void no_device_takes_a_manifest_with_these_points(Golden.Vector vector) throws Exception {
    Map<String, Object> points = Map.of("threshold", vector.get("threshold"), "points", vector.get("points"));
    byte[] data = ChangedDocument.encode("manifest.json", points, Collections.emptyList());
    Refusal.of(() -> Manifest.parse(data));
  }

  @ParameterizedTest
  @MethodSource("thresholds")
  void the_threshold_in_use_is_that_of_the_point_that_was_chosen(Golden.Vector vector) throws Exception {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("threshold", vector.get("threshold"));
    document.put("points", vector.get("points"));
    Strictness choice = vector.has("choice") ? Strictness.valueOf(vector.text("choice").toUpperCase()) : null;
    assertEquals(vector.number("uses"), Points.parse(Fields.of(document, "head")).thresholdAt(choice));
  }

  @ParameterizedTest
  @MethodSource("shares")
  void a_device_has_the_golden_place_in_a_rollout(Golden.Vector vector) throws Exception {
    String device = vector.text("device");
    Rollout least = rollout(vector, vector.integer("least_share"));
    assertEquals(vector.integer("place"), least.placeOf(device));
    assertTrue(least.includes(device));
    assertFalse(rollout(vector, vector.integer("least_share") - 1).includes(device));
  }

  private static Rollout rollout(Golden.Vector vector, long share) throws ContractException {
    return Rollout.parse(Fields.of(Map.of("id", vector.text("rollout"), "share", share), "rollout"));
  }

  @ParameterizedTest
  @MethodSource("withdrawals")
  void of_installed_heads_those_that_are_not_withdrawn_are_kept(Golden.Vector vector) throws Exception {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("withdraws", vector.get("withdraws"));
    Withdrawals withdrawals = Withdrawals.parse(Fields.of(document, "manifest"), 100);
    List<Long> kept = new ArrayList<>();
    for (long serial : vector.integers("installed")) {
      if (!withdrawals.contain(serial)) {
        kept.add(serial);
      }
    }
    assertEquals(vector.list("kept"), kept);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void a_head_is_tried_on_the_golden_sample(Golden.Vector vector) {
    Precision precision = Precision.valueOf(vector.text("precision").toUpperCase());
    LogitsTrial trial =
        LogitsTrial.of(vector.floats("got"), vector.floats("expected"), precision, vector.number("temperature"));
    assertEquals(vector.has("off") ? vector.number("off") : Double.NaN, trial.off());
    assertEquals(vector.number("allowed"), trial.allowed());
    assertEquals(vector.get("passes"), trial.passes());
  }
}
