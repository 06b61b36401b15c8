package fedexclient.keeping;

import fedexclient.contract.ImpossibleException;
import fedexclient.contract.SampleIds;
import fedexclient.contract.Sha256;
import fedexclient.contract.TensorInput;
import fedexclient.recognise.Pixels;

/** What answers are about: by this, the same photo or tensor is the same sample whenever it comes again. */
public final class Example {
  private final Naming naming;

  private Example(Naming naming) {
    this.naming = naming;
  }

  private interface Naming {
    byte[] name(SampleIds ids) throws ImpossibleException;
  }

  /** A photo that is a file, by the sha256 of its bytes: whatever decodes them. */
  public static Example ofFile(byte[] sha256) {
    if (sha256.length != Sha256.BYTES) {
      throw new IllegalArgumentException("sha256: expected " + Sha256.BYTES + " bytes, got " + sha256.length);
    }
    byte[] copy = sha256.clone();
    return new Example(ids -> ids.ofFile(copy));
  }

  /** A photo in colour that was never a file, as a camera's frame. */
  public static Example ofFrame(Pixels frame) {
    if (frame.channels() != Pixels.COLOUR) {
      throw new IllegalArgumentException("frame: expected red, green and blue, got " + frame);
    }
    return new Example(ids -> ids.ofFrame(frame.width(), frame.height(), frame.bytes()));
  }

  /** A tensor that was recognised: its values are little-endian, in C order. */
  public static Example ofTensor(TensorInput input, byte[] values) {
    byte[] copy = values.clone();
    return new Example(ids -> ids.ofTensor(input, copy));
  }

  /** Its sample id, or its photo's where it has faces, under the secret of a cache. */
  byte[] name(byte[] secret) {
    try {
      return naming.name(new SampleIds(secret));
    } catch (ImpossibleException error) {
      throw new IllegalArgumentException(error); // a tensor that was not recognised
    }
  }
}
