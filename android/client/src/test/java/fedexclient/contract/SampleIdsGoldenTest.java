package fedexclient.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SampleIdsGoldenTest {
  private static final byte[] SECRET = Sha256.bytesOf((String) file().get("secret"));

  private static Map<?, ?> file() {
    return (Map<?, ?>) Golden.json("sample-ids.json");
  }

  static List<Golden.Vector> tensors() {
    return Golden.vectors("tensor-sample-ids.json");
  }

  static List<Golden.Vector> matches() {
    return Golden.vectors("faces.json", "matches");
  }

  @Test
  void files_frames_and_faces_have_the_golden_ids() throws Exception {
    SampleIds ids = new SampleIds(SECRET);
    for (Golden.Vector one : Golden.vectors("sample-ids.json", "files")) {
      assertEquals(one.text("sample_id"), Sha256.hexDigits(ids.ofFile(Sha256.of(one.hex("file")))));
    }
    for (Golden.Vector one : Golden.vectors("sample-ids.json", "frames")) {
      byte[] id = ids.ofFrame((int) one.integer("width"), (int) one.integer("height"), one.hex("pixels"));
      assertEquals(one.text("sample_id"), Sha256.hexDigits(id));
    }
    for (Golden.Vector one : Golden.vectors("sample-ids.json", "faces")) {
      assertEquals(one.text("sample_id"), Sha256.hexDigits(ids.ofFace(one.hex("photo"), box(one.list("box")))));
    }
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void tensors_have_the_golden_ids(Golden.Vector vector) throws Exception {
    String input = "{\"input\":{\"kind\":\"tensor\",\"dtype\":\"" + vector.text("dtype") + "\",\"shape\":"
        + vector.list("shape") + "}}";
    TensorInput tensor = (TensorInput) ModelInput.parse(JsonReader.readDocument(input.getBytes(), "bundle", 1_000));
    byte[] id = new SampleIds(vector.hex("secret")).ofTensor(tensor, vector.hex("values"));
    assertEquals(vector.text("sample_id"), Sha256.hexDigits(id));
  }

  @ParameterizedTest
  @MethodSource("matches")
  void boxes_match_those_that_were_seen_before(Golden.Vector vector) {
    List<Object> matches = new ArrayList<>();
    for (Integer match : BoxMatches.of(boxes(vector.list("boxes")), boxes(vector.list("known")))) {
      matches.add(match == null ? null : Long.valueOf(match));
    }
    assertEquals(vector.list("matches"), matches);
  }

  @Test
  void a_short_secret_names_nothing() {
    assertEquals("Impossible", Refusal.of(() -> new SampleIds(new byte[15])));
  }

  private static List<Box> boxes(List<?> lists) {
    List<Box> boxes = new ArrayList<>();
    for (Object list : lists) {
      boxes.add(box((List<?>) list));
    }
    return boxes;
  }

  private static Box box(List<?> edges) {
    return new Box(edge(edges, 0), edge(edges, 1), edge(edges, 2), edge(edges, 3));
  }

  private static int edge(List<?> edges, int index) {
    return ((Long) edges.get(index)).intValue();
  }
}
