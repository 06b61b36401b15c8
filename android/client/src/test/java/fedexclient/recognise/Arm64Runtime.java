package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.Missing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * The prefix on the arm64 library of an APK, in qemu, a process a face ({@code src/test/c/run_model.c}); all else on
 * that for this machine.
 */
final class Arm64Runtime implements ModelRuntime {
  private static final String LIBRARIES = "tflite/aars/tensorflow-lite/jni/arm64-v8a";
  private static final long PATIENCE_S = 300;

  private final Path folder;
  private final TfliteRuntime here = new TfliteRuntime();

  private Arm64Runtime(Path folder) {
    this.folder = folder;
  }

  /** That runtime, or a test that is skipped for the reason said. */
  static Arm64Runtime require() {
    Path folder = Paths.get(System.getProperty("fedex.arm64", "../../build/android-arm64"));
    Missing.unless(Files.exists(folder.resolve("run_model")),
        "nothing that runs arm64: make android-qemu-install, then make test-android");
    return new Arm64Runtime(folder);
  }

  @Override
  public Model open(ByteBuffer content, String signature, int threads) throws ModelRefusedException {
    Model model = here.open(content, signature, threads);
    return signature.equals("prefix") ? new InQemu(model, content) : model;
  }

  @Override
  public String name() throws NoRuntimeException {
    return here.name() + " on arm64";
  }

  private final class InQemu implements Model {
    private final Model described;
    private final Path scratch;

    InQemu(Model described, ByteBuffer content) {
      this.described = described;
      try {
        this.scratch = Files.createTempDirectory("arm64");
        write(scratch.resolve("model"), content);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }

    private void write(Path file, ByteBuffer content) throws IOException {
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        ByteBuffer left = content.duplicate();
        while (left.hasRemaining()) {
          out.write(left);
        }
      }
    }

    @Override
    public TensorSpec input() {
      return described.input();
    }

    @Override
    public TensorSpec output() {
      return described.output();
    }

    @Override
    public float[] run(ByteBuffer values) {
      try {
        Files.deleteIfExists(scratch.resolve("input"));
        write(scratch.resolve("input"), values);
        run();
        ByteBuffer output = ByteBuffer.wrap(Files.readAllBytes(scratch.resolve("output")));
        float[] numbers = new float[output().elements()];
        assertEquals(Float.BYTES * numbers.length, output.remaining());
        output.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        return numbers;
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
    }

    private void run() throws IOException, InterruptedException {
      Path libraries = folder.resolveSibling("android").resolve(LIBRARIES);
      ProcessBuilder builder = new ProcessBuilder("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu",
          "-E", "LD_LIBRARY_PATH=" + libraries + ":" + folder, folder.resolve("run_model").toString(),
          scratch.resolve("model").toString(), scratch.resolve("input").toString(),
          scratch.resolve("output").toString());
      builder.environment().remove("LD_LIBRARY_PATH");
      builder.redirectErrorStream(true).redirectOutput(scratch.resolve("said").toFile());
      Process process = builder.start();
      boolean hasEnded = process.waitFor(PATIENCE_S, TimeUnit.SECONDS);
      process.destroyForcibly();
      assertTrue(hasEnded, "qemu did not end");
      assertEquals(0, process.exitValue(), () -> said());
    }

    private String said() {
      try {
        return Files.readString(scratch.resolve("said"));
      } catch (IOException error) {
        return error.toString();
      }
    }

    @Override
    public void close() {
      described.close();
      for (String name : new String[] {"model", "input", "output", "said", "."}) {
        scratch.resolve(name).normalize().toFile().delete();
      }
    }
  }
}
