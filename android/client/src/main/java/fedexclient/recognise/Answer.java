package fedexclient.recognise;

import fedexclient.contract.Box;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who or what a photo, one of its faces or a tensor is said to be. */
public final class Answer {
  private final Ranking ranking;
  private final float[] feature;
  private final long headSerial;
  private final @Nullable Box box;
  private final boolean isSubject;

  Answer(Ranking ranking, float[] feature, long headSerial, @Nullable Box box, boolean isSubject) {
    this.ranking = ranking;
    this.feature = feature;
    this.headSerial = headSerial;
    this.box = box;
    this.isSubject = isSubject;
  }

  /**
   * The same with its box in a photo of more pixels.
   *
   * @param factor how many times as many, along each side
   */
  public Answer enlarged(int factor) {
    return new Answer(ranking, feature, headSerial, box == null ? null : box.times(factor), isSubject);
  }

  /** The best labels, best first, whether it is known or not. */
  public List<Ranked> results() {
    return ranking.results();
  }

  /** Whether even the best label is below the threshold in use. */
  public boolean isUnknown() {
    return ranking.isUnknown();
  }

  /** What the prefix made of it, in C order. */
  public float[] feature() {
    return feature.clone();
  }

  /** Of which release the head is that answered; 0: the bundle's. */
  public long headSerial() {
    return headSerial;
  }

  /** Of the face that it is about, in the photo's pixels; null: it is about the whole. */
  public @Nullable Box box() {
    return box;
  }

  /** Whether the photo is of that face, as far as can be told: each photo with a face has one. */
  public boolean isSubject() {
    return isSubject;
  }
}
