package fedexclient.recognise;

import fedexclient.contract.FileRef;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Turns verified bytes into models: hash first, then identifier, signature and tensors, and one run on zeros. */
final class ModelLoader {
  /** Bytes 4 to 8 of every TFLite file. */
  private static final byte[] IDENTIFIER = "TFL3".getBytes(StandardCharsets.US_ASCII);

  private static final int IDENTIFIER_AT = 4;

  private final ModelRuntime runtime;
  private final int threads;

  ModelLoader(ModelRuntime runtime, int threads) {
    this.runtime = runtime;
    this.threads = threads;
  }

  /**
   * Opens a model file of which a document says size and hash.
   *
   * @throws ModelRefusedException another file, or one that does not run
   */
  Model open(ByteBuffer content, FileRef expected, String signature) throws ModelRefusedException {
    return runOnZeros(openUnrun(content, expected, signature));
  }

  /** The same, of a model that its caller runs first. */
  Model openUnrun(ByteBuffer content, FileRef expected, String signature) throws ModelRefusedException {
    if (content.remaining() != expected.size()) {
      throw new ModelRefusedException("expected " + expected.size() + " bytes, got " + content.remaining());
    }
    String sha256 = sha256(content.duplicate());
    if (!sha256.equals(expected.sha256())) {
      throw new ModelRefusedException("expected sha256 " + expected.sha256() + ", got " + sha256);
    }
    checkIdentifier(content);
    return runtime.open(content, signature, threads);
  }

  private static String sha256(ByteBuffer content) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error); // every platform has it
    }
    digest.update(content);
    StringBuilder digits = new StringBuilder();
    for (byte value : digest.digest()) {
      digits.append(Character.forDigit(value >> 4 & 0xf, 16)).append(Character.forDigit(value & 0xf, 16));
    }
    return digits.toString();
  }

  private static void checkIdentifier(ByteBuffer content) throws ModelRefusedException {
    boolean isOne = content.remaining() >= IDENTIFIER_AT + IDENTIFIER.length;
    for (int index = 0; isOne && index < IDENTIFIER.length; index++) {
      isOne = content.get(content.position() + IDENTIFIER_AT + index) == IDENTIFIER[index];
    }
    if (!isOne) {
      throw new ModelRefusedException("expected a TFLite file, got something else");
    }
  }

  /** So that what an interpreter cannot do is seen before the first photo. */
  private static Model runOnZeros(Model model) throws ModelRefusedException {
    try {
      TensorSpec takes = model.input();
      model.run(ByteBuffer.allocate(Math.multiplyExact(takes.elements(), bytesOf(takes))));
      return model;
    } catch (ModelRefusedException | RuntimeException error) {
      model.close();
      throw error;
    }
  }

  private static int bytesOf(TensorSpec spec) throws ModelRefusedException {
    switch (spec.dtype()) {
      case "uint8":
      case "int8":
        return 1;
      case "int16":
        return 2;
      case "float32":
      case "int32":
        return 4;
      case "int64":
        return 8;
      default:
        throw new ModelRefusedException("expected numbers of the contract, got " + spec);
    }
  }

  /** Refuses a model that takes or gives something else. */
  static Model check(Model model, TensorSpec takes, TensorSpec gives) throws ModelRefusedException {
    boolean isRight = model.input().equals(takes) && model.output().equals(gives);
    if (!isRight) {
      String got = model.input() + " -> " + model.output();
      model.close();
      throw new ModelRefusedException("expected " + takes + " -> " + gives + ", got " + got);
    }
    return model;
  }
}
