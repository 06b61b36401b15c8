package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import fedexclient.contract.Box;
import fedexclient.contract.Fields;
import fedexclient.contract.Invitation;
import fedexclient.contract.JsonReader;
import fedexclient.contract.JsonWriter;
import fedexclient.keeping.KeptAnswer;
import fedexclient.pull.PullReport;
import fedexclient.push.PushReport;
import fedexclient.recognise.DesktopRuntime;
import fedexclient.recognise.Ranked;
import fedexclient.service.Stop;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.GraphicsMode;

/**
 * The whole road of one device, against a service and a worker that run: recognise, correct, enrol, push, pull, and
 * recognise again. {@code tests/end_to_end/test_android.py} starts them, says in a file what is to be done, and judges
 * what this writes.
 */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public final class RoadTest {
  private static final int MAX_BYTES = 1 << 22;
  private static final long PATIENCE_S = 300;
  private static final Stop NEVER = new Stop();

  private final Map<String, Object> seen = new HashMap<>();

  @Test
  public void a_device_on_android_answers_better_after_it_was_corrected() throws Exception {
    String road = System.getProperty("fedex.road", "");
    assumeTrue("run by tests/end_to_end/test_android.py, with a service", !road.isEmpty());
    Fields told = JsonReader.readDocument(Files.readAllBytes(Paths.get(road)), "road", MAX_BYTES);
    long began = System.nanoTime();
    FedexOptions options = FedexOptions.ofFolder(new File(told.text("bundle")), "road 1");
    try (Fedex fedex = Devices.on(RuntimeEnvironment.getApplication(), Paths.get(told.text("home")), options)) {
      try (PhotoRecognizer recognizer = fedex.recognizer()) {
        List<Fields> tests = told.documents("tests", MAX_BYTES);
        recognizer.recognise(Files.readAllBytes(Paths.get(tests.get(0).text("photo"))));
        seen.put("first_answer_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        seen.put("heap_bytes", usedHeap());
        seen.put("before", recognise(recognizer, tests));
        teach(fedex, recognizer, told.documents("uploads", MAX_BYTES));
        fedex.enrol(Invitation.parse(told.text("invitation")));
        fedex.giveConsent();
        push(fedex);
        seen.put("serial", pulled(fedex).serial());
        seen.put("after", recognise(recognizer, tests));
        assertEquals(1, recognizer.headSerial());
      }
      FedexStatus status = fedex.status();
      seen.put("acknowledged", status.samples().acknowledged());
      seen.put("labels", new ArrayList<>(fedex.labels()));
      assertEquals(0, status.samples().waiting());
      assertEquals(1, status.release().serial());
      assertNotNull(status.release().sinceMs());
    }
    Files.write(Paths.get(told.text("result")), JsonWriter.sorted(seen));
  }

  /** In bytes, with what Robolectric itself takes. */
  private static long usedHeap() {
    Runtime jvm = Runtime.getRuntime();
    jvm.gc();
    return jvm.totalMemory() - jvm.freeMemory();
  }

  private static List<Object> recognise(PhotoRecognizer recognizer, List<Fields> shots) throws Exception {
    List<Object> answers = new ArrayList<>();
    for (Fields shot : shots) {
      List<Object> faces = new ArrayList<>();
      for (KeptAnswer one : recognizer.recognise(Files.readAllBytes(Paths.get(shot.text("photo"))))) {
        faces.add(written(one));
      }
      answers.add(faces);
    }
    return answers;
  }

  private static Map<String, @Nullable Object> written(KeptAnswer kept) {
    Map<String, @Nullable Object> face = new HashMap<>();
    Ranked best = kept.answer().results().get(0);
    Box box = kept.answer().box();
    face.put("inference", kept.inference());
    face.put("best", best.label());
    face.put("probability", best.probability());
    face.put("unknown", kept.answer().isUnknown());
    face.put("head", kept.answer().headSerial());
    face.put("subject", kept.answer().isSubject());
    face.put("box", box == null ? null : Arrays.asList(box.left(), box.top(), box.right(), box.bottom()));
    return face;
  }

  /** Says of each photo whether the answer on its subject was right, or who it is. */
  private static void teach(Fedex fedex, PhotoRecognizer recognizer, List<Fields> shots) throws Exception {
    for (Fields shot : shots) {
      String label = shot.text("label");
      for (KeptAnswer one : recognizer.recognise(Files.readAllBytes(Paths.get(shot.text("photo"))))) {
        Long inference = one.inference();
        assertNotNull(inference);
        if (one.answer().isSubject() && !one.answer().isUnknown()
            && one.answer().results().get(0).label().equals(label)) {
          fedex.agree(inference);
        } else if (one.answer().isSubject()) {
          fedex.correct(inference, label);
        }
      }
    }
  }

  private void push(Fedex fedex) throws Exception {
    PushReport report = fedex.push(progress -> {}, NEVER);
    assertEquals(String.valueOf(report.problem()), null, report.problem());
    seen.put("samples", report.samples());
    seen.put("uploads", report.uploads());
    seen.put("bytes", report.bytes());
  }

  private static PullReport pulled(Fedex fedex) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    PullReport report = fedex.pull((done, total) -> {}, NEVER);
    while (report.serial() == 0) {
      assertTrue("no release within " + PATIENCE_S + " s", System.nanoTime() < deadline);
      Thread.sleep(500);
      report = fedex.pull((done, total) -> {}, NEVER);
    }
    return report;
  }
}
