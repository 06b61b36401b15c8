package fedexclient.pull;

import fedexclient.contract.FeatureShape;
import fedexclient.contract.FileRef;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.TfliteRuntime;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process that runs heads by TensorFlow Lite's library of an APK, as the service of trials does on a phone. */
final class TrialChild {
  static final String ANSWERED = "answered";
  static final String REFUSED = "refused";

  /** Words behind a model that have this process do what a crash in the library would. */
  static final String DIES = "it dies";
  static final String HANGS = "it hangs";
  static final String LIES = "it lies";

  private static final int SIGSEGV = 128 + 11;

  private TrialChild() {}

  /** Runs one head for each line: its file, hash, size, classes, features, and the folder of the request. */
  public static void main(String[] arguments) throws Exception {
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      String[] words = line.split(" ");
      Candidate candidate = new Candidate(Paths.get(words[0]),
          FileRef.named(words[1], Long.parseLong(words[2])), Integer.parseInt(words[3]));
      FeatureShape shape = FeatureShape.of(Long.parseLong(words[4]));
      System.out.println(answer(new TrialRequest(candidate, shape, Paths.get(words[5]))));
      System.out.flush();
    }
  }

  private static String answer(TrialRequest request) throws Exception {
    byte[] model = Files.readAllBytes(request.candidate().file());
    String end = new String(model, StandardCharsets.ISO_8859_1).substring(Math.max(0, model.length - 20));
    if (end.endsWith(DIES)) {
      Runtime.getRuntime().halt(SIGSEGV);
    } else if (end.endsWith(HANGS)) {
      Thread.sleep(3_600_000);
    } else if (end.endsWith(LIES)) {
      return ANSWERED;
    }
    try {
      request.run(new TfliteRuntime());
      return ANSWERED;
    } catch (ModelRefusedException error) {
      return REFUSED + " " + String.valueOf(error.getMessage()).replace('\n', ' ');
    }
  }

  /** A trial in such a process: another one where the last has died. */
  static final class Trial implements HeadTrial, AutoCloseable {
    private static final long TIMEOUT_S = 10;

    private final Path folder;
    private final FeatureShape shape;
    private final float[] golden;
    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private Process child;
    private BufferedReader said;
    int started;

    Trial(Path folder, FeatureShape shape, float[] golden) {
      this.folder = folder;
      this.shape = shape;
      this.golden = golden;
    }

    @Override
    public float[] run(Candidate candidate, Stop stop)
        throws HeadRefusedException, StorageException {
      TrialRequest request = new TrialRequest(candidate, shape, folder.resolve("trial"));
      request.prepare(golden);
      String line = ask(candidate, request.folder());
      if (line.startsWith(REFUSED)) {
        throw new HeadRefusedException(line);
      }
      float[] logits = request.answer();
      if (!line.equals(ANSWERED) || logits == null) {
        end();
        throw new HeadCrashedException("expected an answer, got " + line);
      }
      return logits;
    }

    private String ask(Candidate candidate, Path place) throws HeadCrashedException {
      try {
        if (child == null || !child.isAlive()) {
          start();
        }
        List<Object> words = Arrays.asList(candidate.file(), candidate.reference().sha256(),
            candidate.reference().size(), candidate.classes(), shape.elements(), place);
        StringBuilder line = new StringBuilder();
        words.forEach(word -> line.append(word).append(' '));
        child.getOutputStream().write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        child.getOutputStream().flush();
        Future<String> next = reader.submit(said::readLine);
        String answer = next.get(TIMEOUT_S, TimeUnit.SECONDS);
        if (answer == null) {
          throw new HeadCrashedException("the process that ran it ended with " + child.waitFor());
        }
        return answer;
      } catch (TimeoutException error) {
        end();
        throw new HeadCrashedException("no answer came in time");
      } catch (HeadCrashedException error) {
        throw error;
      } catch (Exception error) {
        throw new IllegalStateException(error);
      }
    }

    private void end() {
      child.destroyForcibly();
      try {
        child.waitFor();
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
      }
    }

    /** With bounded memory, as a damaged head may ask for any. */
    private void start() throws Exception {
      started++;
      String java = new File(System.getProperty("java.home"), "bin/java").getPath();
      List<String> command = new ArrayList<>(Arrays.asList("bash", "-c", "ulimit -v 4000000; exec \"$@\"", "child",
          java, "-Xmx64m", "-Xss1m", "-XX:CompressedClassSpaceSize=32m", "-XX:ReservedCodeCacheSize=32m",
          "-XX:MaxDirectMemorySize=256m", "-XX:-CreateCoredumpOnCrash", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
          "-XX:ErrorFile=" + folder.resolve("crash.log"), "-cp", System.getProperty("java.class.path"),
          TrialChild.class.getName()));
      child = new ProcessBuilder(command).redirectError(folder.resolve("said").toFile()).start();
      said = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
      reader.shutdownNow();
      if (child != null) {
        child.destroyForcibly();
      }
    }
  }
}
