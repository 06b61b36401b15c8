package fedexclient.contract;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;

/**
 * Names samples: the first 16 bytes of an HMAC under a secret that only the device has.
 *
 * <p>So nobody else can connect an id with what it names, and the same bytes are the same sample, whatever decodes
 * them.
 */
public final class SampleIds {
  /** Of an id. */
  public static final int BYTES = 16;

  /** Of a secret, at least. */
  public static final int MIN_SECRET_BYTES = 16;

  private static final int DTYPE_BYTES = 8;

  private final byte[] secret;

  /**
   * Names by a secret, which is made once by the device and never sent.
   *
   * @throws ImpossibleException under 16 bytes
   */
  public SampleIds(byte[] secret) throws ImpossibleException {
    if (secret.length < MIN_SECRET_BYTES) {
      throw new ImpossibleException("secret", "at least " + MIN_SECRET_BYTES + " bytes", secret.length + " bytes");
    }
    this.secret = secret.clone();
  }

  /** Names a photo by the sha256 of its file. */
  public byte[] ofFile(byte[] sha256) throws ImpossibleException {
    checkLength(sha256, Sha256.BYTES, "sha256");
    return named("fedex-file-1", sha256);
  }

  /** Names a photo that was never a file, as a camera's frame; pixels are R, G, B a byte each, row by row. */
  public byte[] ofFrame(int width, int height, byte[] pixels) throws ImpossibleException {
    if (width < 1 || height < 1 || pixels.length != 3L * width * height) {
      String got = width + " x " + height + ", " + pixels.length + " bytes";
      throw new ImpossibleException("pixels", "three bytes for each pixel", got);
    }
    return named("fedex-frame-1", integers(width, height), pixels);
  }

  /** Names a face of a photo by the box of the first time that it was seen. */
  public byte[] ofFace(byte[] photo, Box box) throws ImpossibleException {
    checkLength(photo, BYTES, "photo");
    return named("fedex-face-1", photo, integers(box.left(), box.top(), box.right(), box.bottom()));
  }

  /** Names a tensor; values are little-endian, in C order. */
  public byte[] ofTensor(TensorInput input, byte[] values) throws ImpossibleException {
    if (Sizes.times(Sizes.product(input.shape()), input.type().bytes()) != values.length) {
      throw new ImpossibleException("tensor", "the bytes of " + input, values.length + " bytes");
    }
    byte[] dtype = Arrays.copyOf(input.type().toString().getBytes(StandardCharsets.US_ASCII), DTYPE_BYTES);
    return named("fedex-tensor-1", dtype, sizes(input.shape()), values);
  }

  private static byte[] sizes(List<Long> shape) {
    int[] numbers = new int[1 + shape.size()];
    numbers[0] = shape.size();
    for (int index = 0; index < shape.size(); index++) {
      numbers[1 + index] = shape.get(index).intValue();
    }
    return integers(numbers);
  }

  private static byte[] integers(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      bytes.putInt(number);
    }
    return bytes.array();
  }

  private static void checkLength(byte[] bytes, int expected, String where) throws ImpossibleException {
    if (bytes.length != expected) {
      throw new ImpossibleException(where, expected + " bytes", bytes.length + " bytes");
    }
  }

  private byte[] named(String purpose, byte[]... parts) {
    Mac mac = Sha256.keyed(secret);
    mac.update(purpose.getBytes(StandardCharsets.US_ASCII));
    for (byte[] part : parts) {
      mac.update(part);
    }
    return Arrays.copyOf(mac.doFinal(), BYTES);
  }
}
