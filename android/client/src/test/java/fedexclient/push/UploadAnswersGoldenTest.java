package fedexclient.push;

import static org.junit.jupiter.api.Assertions.assertEquals;

import fedexclient.contract.Golden;
import fedexclient.contract.UploadFate;
import fedexclient.service.AnsweredUpload;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of an upload by each answer of the golden file: read off a socket, and decided on as in a push. */
@Timeout(60)
class UploadAnswersGoldenTest {
  private static final String UPLOAD = String.join("", Collections.nCopies(32, "1a"));

  static List<Golden.Vector> answers() {
    return Golden.vectors("upload-answers.json");
  }

  @ParameterizedTest
  @MethodSource("answers")
  void an_upload_meets_its_fate_by_the_answer(Golden.Vector vector) throws Exception {
    byte[] body = vector.text("body").getBytes(StandardCharsets.UTF_8);
    boolean canSplit = vector.integer("samples") > 1;
    for (Exception met : AnsweredUpload.met(UPLOAD, (int) vector.integer("status"), vector.text("media_type"), body)) {
      UploadFate fate = met == null ? UploadFate.ACKNOWLEDGED : Reaction.to(met, canSplit);
      assertEquals(vector.text("upload"), fate.toString(), String.valueOf(met));
    }
  }
}
