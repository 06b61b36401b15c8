package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentGoldenTest {
  private static final String UPLOAD = String.join("", Collections.nCopies(32, "1a"));
  private static final byte[] SECRET = Sha256.bytesOf((String) ((Map<?, ?>) Golden.json("key.json")).get("private"));

  static List<Golden.Vector> refusedJson() {
    return Golden.vectors("refusals/json.json");
  }

  static List<Golden.Vector> formats() {
    return Golden.vectors("formats.json");
  }

  static List<Golden.Vector> dates() {
    return Golden.vectors("clocks.json", "dates");
  }

  static List<Golden.Vector> verdicts() {
    return Golden.vectors("clocks.json", "verdicts");
  }

  static List<Golden.Vector> waits() {
    return Golden.vectors("cadence.json");
  }

  static List<Golden.Vector> splits() {
    return Golden.vectors("splits.json");
  }

  static List<Golden.Vector> selfTests() {
    return Golden.vectors("self-tests.json");
  }

  static List<Golden.Vector> proofs() {
    return Golden.vectors("proofs.json");
  }

  static List<Golden.Vector> deviceIds() {
    return Golden.vectors("device-ids.json");
  }

  @ParameterizedTest
  @MethodSource("refusedJson")
  void this_json_is_refused(Golden.Vector vector) {
    String kind = Refusal.of(() -> JsonReader.readDocument(vector.hex("json"), "body", 1 << 20));
    assertEquals("Malformed", kind);
  }

  @ParameterizedTest
  @ValueSource(strings = {"manifest.json", "spaces.json", "enrolment-reply.json", "history.json", "problem.json"})
  void what_a_service_writes_is_written_in_the_same_way_here(String name) throws Exception {
    assertArrayEquals(Golden.bytes(name), JsonWriter.sorted(Golden.json(name)));
  }

  @Test
  void an_enrolment_is_asked_for_in_the_golden_bytes() throws Exception {
    assertArrayEquals(Golden.bytes("enrolment-request.json"), new EnrolmentRequest("kitchen-42", SECRET).encode());
  }

  @Test
  void the_golden_enrolment_is_read() throws Exception {
    EnrolmentReply reply = EnrolmentReply.parse(Golden.bytes("enrolment-reply.json"));
    assertEquals("home", reply.group());
    assertEquals(DeviceId.of(SECRET, "home"), reply.device());
    assertEquals(((Map<?, ?>) Golden.json("key.json")).get("public"), Sha256.hexDigits(reply.key().bytes()));
  }

  @ParameterizedTest
  @MethodSource("deviceIds")
  void a_device_is_named_by_its_secret_and_its_group(Golden.Vector vector) {
    assertEquals(vector.text("device"), DeviceId.of(vector.hex("secret"), vector.text("group")));
  }

  @ParameterizedTest
  @MethodSource("proofs")
  void a_proof_is_the_golden_one(Golden.Vector vector) throws Exception {
    ProofRequest request = new ProofRequest(vector.hex("nonce"));
    assertEquals(vector.text("key"), Sha256.hexDigits(ProofRequest.keyOf(vector.text("token"))));
    byte[] proof = request.proofFor(vector.text("device"), vector.text("token"));
    assertEquals(vector.text("proof"), Sha256.hexDigits(proof));
  }

  @Test
  void the_golden_reply_is_the_proof_of_the_golden_enrolment() throws Exception {
    ProofRequest request = new ProofRequest(SECRET);
    ProofReply reply = ProofReply.parse(Golden.bytes("proof-reply.json"));
    EnrolmentReply enrolled = EnrolmentReply.parse(Golden.bytes("enrolment-reply.json"));
    String newer = TokenReply.parse(Golden.bytes("token-reply.json")).token();
    assertArrayEquals(Golden.bytes("proof-request.json"), request.encode());
    assertTrue(request.isAnsweredBy(reply, enrolled.device(), enrolled.token()));
    assertTrue(request.isAnsweredBy(reply, enrolled.device(), newer));
    assertFalse(request.isAnsweredBy(reply, enrolled.device(), enrolled.token() + "0"));
  }

  @Test
  void the_golden_erasure_and_acknowledgement_are_read() throws Exception {
    byte[] erasure = Golden.bytes("erasure-reply.json");
    assertEquals(String.join("", Collections.nCopies(16, "3c")), ErasureReply.parse(erasure).erasure());
    assertEquals(UPLOAD, Acknowledgement.parse(Golden.bytes("acknowledgement.json")).upload());
  }

  @Test
  void the_golden_problems_are_read() throws Exception {
    assertEquals(Problem.WRONG_HASH, ProblemDocument.parse(Golden.bytes("problem.json")).problem());
    ProblemDocument path = ProblemDocument.parse(Golden.bytes("problem-unknown-path.json"));
    assertEquals(Problem.UNKNOWN_PATH, path.problem());
    assertEquals("a request of version 1", path.expected());
    ProblemDocument samples = ProblemDocument.parse(Golden.bytes("problem-samples.json"));
    assertEquals(List.of(2, 17, 255), samples.samples());
    assertEquals("upload.labels[2]", samples.where());
    ProblemDocument selfTest = ProblemDocument.parse(Golden.bytes("problem-self-test.json"));
    assertEquals(Problem.SELF_TEST_FAILED, selfTest.problem());
    assertEquals("0.712345 (an app 1.0, LiteRT 2.3.0, GPU, Android 15)", selfTest.got());
  }

  @Test
  void the_golden_history_is_read() throws Exception {
    List<ReleaseSummary> releases = History.parse(Golden.bytes("history.json")).releases();
    assertEquals(List.of(Channel.LATEST, Channel.BEST), List.of(releases.get(0).channel(), releases.get(1).channel()));
    assertEquals(3, releases.get(0).serial());
    assertEquals(releases.get(1).release(), releases.get(0).parent());
    assertNull(releases.get(1).parent());
    assertEquals(Map.of("old labels", "no worse"), releases.get(1).report());
  }

  @Test
  void the_golden_list_of_spaces_is_read_with_and_without_parts_that_nobody_knows() throws Exception {
    for (String name : List.of("spaces.json", "spaces-extra.json")) {
      SpaceList spaces = SpaceList.parse(Golden.bytes(name));
      assertEquals("home", spaces.group());
      assertEquals(3, spaces.serial());
      assertEquals(2, spaces.current().size());
      assertEquals(Collections.singleton(String.join("", Collections.nCopies(32, "4a"))), spaces.retired());
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void the_header_of_formats_is_read_or_refused(Golden.Vector vector) throws Exception {
    if (vector.has("refused")) {
      assertEquals(vector.text("refused"), Refusal.of(() -> Formats.parse(vector.text("header"))));
      return;
    }
    Formats formats = Formats.parse(vector.text("header"));
    for (String document : List.of("manifest", "spaces")) {
      List<Object> read = new ArrayList<>();
      formats.of(document).forEach(format -> read.add(Long.valueOf(format)));
      assertEquals(vector.list(document), read);
    }
  }

  @ParameterizedTest
  @MethodSource("dates")
  void a_date_is_read_in_one_spelling(Golden.Vector vector) {
    assertEquals(vector.get("seconds"), HttpDate.parse(vector.text("date")));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void three_clocks_tell_what_is_news(Golden.Vector vector) {
    Validity verdict = Validity.of(vector.integer("expires"), vector.number("own"), vector.integer("issued"),
        (Long) vector.get("date"));
    assertEquals(vector.text("verdict"), verdict.toString());
  }

  @ParameterizedTest
  @MethodSource("waits")
  void a_round_waits_as_long_as_is_stated(Golden.Vector vector) {
    double wait = Cadence.waitS(vector.number("interval_s"), vector.integer("failures"),
        vector.number("retry_after_s"), vector.number("draw"));
    assertEquals(vector.number("wait_s"), wait);
  }

  @ParameterizedTest
  @MethodSource("splits")
  void a_sample_has_the_golden_split(Golden.Vector vector) {
    Split split = Split.of(vector.hex("sample_id"), vector.integer("photos_before"));
    assertEquals(vector.text("split"), split.toString());
  }

  @ParameterizedTest
  @MethodSource("selfTests")
  void a_self_test_tells_the_golden_cosine(Golden.Vector vector) {
    assertEquals(vector.integer("cosine_ppm"), SelfTest.compare(vector.floats("golden"), vector.floats("feature")));
  }
}
