package fedexclient.recognise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How well features and answers agree with those of the Python device, over the faces of some photos. */
final class Agreement {
  private static final int FEATURE = 512;

  private final List<String> labels;
  private final ByteBuffer photos;
  private final ByteBuffer features;
  private final ByteBuffer classes;
  private double cosines;
  private double least = 1;
  private int faces;
  private int same;

  Agreement(Map<String, Tensor> expected, List<String> labels) {
    this.labels = labels;
    this.photos = expected.get("photo").bytes();
    this.features = expected.get("feature").bytes();
    this.classes = expected.get("class").bytes();
  }

  /** Compares the answers for a photo, by its number. */
  void add(int photo, List<Answer> answers) {
    List<Integer> expected = facesOf(photo);
    assertEquals(expected.size(), answers.size(), "faces of photo " + photo);
    for (int place = 0; place < answers.size(); place++) {
      add(expected.get(place), answers.get(place));
    }
  }

  private List<Integer> facesOf(int photo) {
    List<Integer> numbers = new ArrayList<>();
    for (int face = 0; face < photos.limit() / Integer.BYTES; face++) {
      if (photos.getInt(Integer.BYTES * face) == photo) {
        numbers.add(face);
      }
    }
    return numbers;
  }

  private void add(int face, Answer answer) {
    float[] expected = new float[FEATURE];
    for (int index = 0; index < FEATURE; index++) {
      expected[index] = features.getFloat(Float.BYTES * (FEATURE * face + index));
    }
    double cosine = cosine(expected, answer.feature());
    cosines += cosine;
    least = Math.min(least, cosine);
    faces++;
    same += labels.get(classes.getInt(Integer.BYTES * face)).equals(answer.results().get(0).label()) ? 1 : 0;
  }

  static double cosine(float[] one, float[] other) {
    double product = 0;
    double ofOne = 0;
    double ofOther = 0;
    for (int index = 0; index < one.length; index++) {
      product += (double) one[index] * other[index];
      ofOne += (double) one[index] * one[index];
      ofOther += (double) other[index] * other[index];
    }
    return product / Math.sqrt(ofOne * ofOther);
  }

  void check(double leastMean, double leastSame) {
    assertTrue(faces > 0);
    assertTrue(cosines / faces >= leastMean && (double) same / faces >= leastSame, toString());
  }

  @Override
  public String toString() {
    return faces + " faces: mean cosine " + cosines / faces + ", least " + least + ", the same answer for " + same;
  }
}
