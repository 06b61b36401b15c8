package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hostile tables of the Python side: the same inputs are refused for the same kind of reason. */
class HostileGoldenTest {
  private static final String UPLOADS = "refusals/hostile-uploads.json";

  @TempDir Path folder;

  static List<Golden.Vector> changes() {
    return Golden.vectors(UPLOADS, "changes");
  }

  static List<Golden.Vector> files() {
    return Golden.vectors(UPLOADS, "files");
  }

  static List<Golden.Vector> documents() {
    return Golden.vectors("refusals/hostile-documents.json");
  }

  static List<Golden.Vector> bundles() {
    return Golden.vectors("refusals/hostile-bundles.json");
  }

  private static byte[] right() {
    return Sha256.bytesOf((String) ((Map<?, ?>) Golden.json(UPLOADS)).get("upload"));
  }

  @Test
  void what_is_changed_is_right_before() throws Exception {
    assertEquals(10, UploadReader.open(right()).samples().size());
  }

  @ParameterizedTest
  @MethodSource("changes")
  void a_hostile_upload_is_refused_by_kind(Golden.Vector vector) {
    byte[] right = right();
    int start = 8 + (int) ByteBuffer.wrap(right).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    byte[] header = patched(Arrays.copyOfRange(right, 8, start), vector, "header");
    byte[] section = patched(Arrays.copyOfRange(right, start, right.length), vector, "section");
    byte[] wrong = TensorFile.join(TensorFile.join(length(header.length), header), section);
    assertEquals(vector.text("refused"), Refusal.of(() -> UploadReader.open(wrong)));
  }

  private static byte[] length(long length) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
  }

  private static byte[] patched(byte[] before, Golden.Vector vector, String part) {
    if (!vector.has(part)) {
      return before;
    }
    List<?> patch = vector.list(part);
    byte[] beginning = Arrays.copyOf(before, ((Long) patch.get(0)).intValue());
    byte[] end = Arrays.copyOfRange(before, ((Long) patch.get(2)).intValue(), before.length);
    return TensorFile.join(TensorFile.join(beginning, Sha256.bytesOf((String) patch.get(1))), end);
  }

  @ParameterizedTest
  @MethodSource("files")
  void bytes_that_are_no_upload_are_refused_by_kind(Golden.Vector vector) {
    assertEquals(vector.text("refused"), Refusal.of(() -> UploadReader.open(vector.hex("file"))));
  }

  @Test
  void a_truncation_at_every_byte_is_malformed() {
    byte[] right = right();
    for (int length = 0; length < right.length; length++) {
      byte[] cut = Arrays.copyOf(right, length);
      assertThrows(MalformedException.class, () -> UploadReader.open(cut));
    }
  }

  @Test
  void an_upload_over_its_bound_is_refused_unread() {
    assertEquals("TooLarge", Refusal.of(() -> UploadReader.open(new byte[UploadHeader.MAX_BYTES + 1])));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "9", "[[],"})
  void a_million_characters_of_json_are_refused_at_once(String repeated) {
    String text = String.join("", Collections.nCopies(1_000_000 / repeated.length(), repeated));
    byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    assertEquals("Malformed", Refusal.of(() -> JsonReader.readDocument(data, "door", 1 << 20)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":"})
  void sixteen_levels_are_read_and_no_more(String opening) throws Exception {
    String closing = opening.equals("[") ? "]" : "}";
    String deepest = nested(opening, closing, 16);
    JsonReader.read(deepest.getBytes(StandardCharsets.US_ASCII), "door", 200);
    byte[] deeper = nested(opening, closing, 17).getBytes(StandardCharsets.US_ASCII);
    assertEquals("Malformed", Refusal.of(() -> JsonReader.read(deeper, "door", 200)));
  }

  private static String nested(String opening, String closing, int levels) {
    return String.join("", Collections.nCopies(levels, opening)) + "1"
        + String.join("", Collections.nCopies(levels, closing));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void a_hostile_document_is_refused_by_kind(Golden.Vector vector) throws Exception {
    String name = vector.text("document");
    byte[] data = ChangedDocument.encode(name, vector.map("with"), vector.list("without"));
    assertEquals(vector.text("refused"), Refusal.of(() -> read(name, data)));
  }

  private static Object read(String name, byte[] data) throws ContractException {
    switch (name) {
      case "manifest.json":
        return Manifest.parse(data);
      case "envelope.json":
        return Envelope.parse(data, Envelope.MAX_BYTES);
      case "spaces.json":
        return SpaceList.parse(data);
      case "enrolment-reply.json":
        return EnrolmentReply.parse(data);
      case "token-reply.json":
        return TokenReply.parse(data);
      case "proof-reply.json":
        return ProofReply.parse(data);
      case "erasure-reply.json":
        return ErasureReply.parse(data);
      case "acknowledgement.json":
        return Acknowledgement.parse(data);
      case "problem.json":
        return ProblemDocument.parse(data);
      case "history.json":
        return History.parse(data);
      default:
        throw new IllegalStateException(name);
    }
  }

  @ParameterizedTest
  @MethodSource("bundles")
  void a_hostile_bundle_is_refused_by_kind(Golden.Vector vector) throws Exception {
    try (Stream<Path> files = Files.list(Golden.folder().resolve("device-bundle"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    byte[] document = ChangedDocument.encode(
        "device-bundle/bundle.json", vector.map("with"), Collections.emptyList());
    Files.write(folder.resolve("bundle.json"), document);
    for (Map.Entry<?, ?> part : vector.map("files").entrySet()) {
      Files.write(folder.resolve((String) part.getKey()), Sha256.bytesOf((String) part.getValue()));
    }
    assertEquals(vector.text("refused"), Refusal.of(() -> DeviceBundle.read(new BundleFolder(folder.toFile()))));
  }
}
