package fedexclient.contract;

import java.math.BigInteger;

/** The part of a dataset that a sample belongs to, decided once and kept. */
public enum Split {
  TRAIN("train"),
  HELD_OUT("held-out");

  private static final int FIRST_PHOTOS_THAT_TRAIN = 3;
  private static final BigInteger HELD_OUT_ONE_IN = BigInteger.valueOf(5);

  private final String text;

  Split(String text) {
    this.text = text;
  }

  /** Decides the split of a bundle's sample whose label had so many photos in its pool already. */
  public static Split of(byte[] sampleId, long photosBefore) {
    BigInteger fraction = new BigInteger(1, sampleId).multiply(HELD_OUT_ONE_IN);
    boolean below = fraction.bitLength() <= 8 * sampleId.length;
    return photosBefore >= FIRST_PHOTOS_THAT_TRAIN && below ? HELD_OUT : TRAIN;
  }

  @Override
  public String toString() {
    return text;
  }
}
