package fedexclient.photos;

import fedexclient.Missing;
import fedexclient.recognise.Pixels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Photo files that the Python side wrote, and its pixels of them; the property fedex.photos says where they lie. */
final class Decoded {
  private final Path file;
  private final int width;
  private final int height;
  private final byte[] rgb;

  private Decoded(Path file, ByteBuffer pixels) {
    this.file = file;
    this.width = pixels.getInt();
    this.height = pixels.getInt();
    this.rgb = new byte[pixels.remaining()];
    pixels.get(rgb);
  }

  /** The folder, or a test that is skipped for the reason said. */
  static Path folder() {
    Path folder = Paths.get(System.getProperty("fedex.photos", "../../build/android-photos"));
    Missing.unless(Files.exists(folder.resolve("done")),
        "no photos that the Python side wrote: make install, then make test-android");
    return folder;
  }

  static List<Path> files(String part) throws IOException {
    try (Stream<Path> files = Files.list(folder().resolve(part))) {
      return files.filter(file -> !file.toString().endsWith(".rgb")).sorted().collect(Collectors.toList());
    }
  }

  static Decoded of(Path file) throws IOException {
    byte[] pixels = Files.readAllBytes(file.resolveSibling(file.getFileName() + ".rgb"));
    return new Decoded(file, ByteBuffer.wrap(pixels).order(ByteOrder.LITTLE_ENDIAN));
  }

  byte[] content() throws IOException {
    return Files.readAllBytes(file);
  }

  /** How far a byte is off, in the mean; infinitely for another size. */
  double meanError(Pixels pixels) {
    return pixels.width() == width && pixels.height() == height ? meanError(pixels.bytes(), rgb) : Double.MAX_VALUE;
  }

  static double meanError(byte[] one, byte[] other) {
    long sum = 0;
    for (int at = 0; at < one.length; at++) {
      sum += Math.abs((one[at] & 0xff) - (other[at] & 0xff));
    }
    return (double) sum / one.length;
  }

  @Override
  public String toString() {
    return file.getParent().getFileName() + "/" + file.getFileName();
  }
}
