package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UploadGoldenTest {
  private static final String SPACE = String.join("", Collections.nCopies(32, "5b"));
  private static final int LEAST_COSINE_PPM = 990_000;

  static List<Golden.Vector> opened() {
    return Golden.named("uploads.json");
  }

  static List<Golden.Vector> refused() {
    return Golden.vectors("refusals/uploads.json");
  }

  @ParameterizedTest
  @MethodSource("opened")
  void a_golden_upload_opens_to_what_is_stated(Golden.Vector vector) throws Exception {
    byte[] data = Golden.bytes(vector.toString());
    assertEquals(vector.text("upload"), Sha256.hex(data));
    assertOpensTo(vector, data);
  }

  @Test
  void an_upload_with_parts_that_nobody_knows_opens_as_without_them() throws Exception {
    for (Golden.Vector vector : opened()) {
      if (vector.toString().equals("upload-int4.bin")) {
        assertOpensTo(vector, Golden.bytes("upload-extra.bin"));
      }
    }
  }

  private static void assertOpensTo(Golden.Vector vector, byte[] data) throws Exception {
    Upload upload = UploadReader.open(data);
    assertEquals(vector.text("space"), upload.space());
    assertEquals(vector.text("codec"), UploadHeader.parse(data).codec().toString());
    assertEquals(vector.list("shape"), upload.shape().sizes());
    assertEquals(setup(vector), upload.selfTest().setup());
    assertEquals(vector.vector("self_test").integer("cosine_ppm"), upload.selfTest().cosinePpm());
    for (int index = 0; index < upload.samples().size(); index++) {
      Sample sample = upload.samples().get(index);
      assertEquals(vector.list("labels").get(index), sample.label());
      assertEquals(vector.list("sample_ids").get(index), Sha256.hexDigits(sample.id()));
      assertEquals(vector.list("revisions").get(index), sample.revision());
      assertEquals(vector.list("features").get(index), doubles(sample.feature()));
    }
    assertEquals(vector.list("labels").size(), upload.samples().size());
  }

  private static Setup setup(Golden.Vector vector) throws Exception {
    Golden.Vector names = vector.vector("self_test");
    return Setup.of(names.text("app"), names.text("runtime"), names.text("delegate"), names.text("system"));
  }

  private static List<Object> doubles(float[] values) {
    List<Object> doubles = new ArrayList<>();
    for (float value : values) {
      doubles.add((double) value);
    }
    return doubles;
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-float32.bin", "upload-float16.bin", "upload-int8.bin", "upload-int4.bin"})
  void an_upload_is_sealed_to_the_golden_bytes(String name) throws Exception {
    byte[] golden = Golden.bytes(name);
    byte[] original = Golden.bytes("upload-float32.bin");
    assertArrayEquals(golden, UploadWriter.seal(UploadReader.open(original), UploadHeader.parse(golden).codec()));
  }

  @Test
  void a_deflated_upload_is_sealed_to_the_golden_one_but_for_its_stream() throws Exception {
    byte[] golden = Golden.bytes("upload-int4-deflated.bin");
    byte[] sealed = UploadWriter.seal(UploadReader.open(golden), Codec.INT4);
    UploadHeader header = UploadHeader.parse(sealed);
    assertTrue(header.stored() < header.size());
    assertArrayEquals(inflated(golden), inflated(sealed));
  }

  private static byte[] inflated(byte[] data) throws Exception {
    UploadHeader header = UploadHeader.parse(data);
    return DataSection.inflate(data, header.layout().dataStart(), header.size());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void the_door_refuses_an_upload_for_this_problem(Golden.Vector vector) {
    assertEquals(problemKind(vector.text("problem")), Refusal.of(
        () -> UploadReader.open(vector.hex("upload"), SPACE, FeatureShape.of(4), LEAST_COSINE_PPM)));
  }

  /** urn:fedex:problem:too-large is TooLarge. */
  private static String problemKind(String problem) {
    StringBuilder kind = new StringBuilder();
    for (String word : problem.substring("urn:fedex:problem:".length()).split("-")) {
      kind.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return kind.toString();
  }
}
