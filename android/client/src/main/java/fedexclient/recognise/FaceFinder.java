package fedexclient.recognise;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the faces of a photo with a bundle's detector, as the contract says where.
 *
 * <p>A photo is looked at whole, and once more with a margin if no face was found; each tilted face is looked at once
 * more in a square turned with it. Use it in one thread, as its detector.
 */
final class FaceFinder {
  private final Detector detector;
  private final FaceRules rules;

  FaceFinder(Detector detector, FaceRules rules) {
    this.detector = detector;
    this.rules = rules;
  }

  /**
   * Finds the faces of a photo, upright and in colour.
   *
   * @throws ModelRefusedException the detector gives numbers that are not finite
   */
  FoundFaces find(Pixels photo) throws ModelRefusedException {
    List<Face> faces = look(photo, 0);
    if (faces.isEmpty()) {
      faces = look(photo, rules.parameters().margin());
    }
    List<Face> seen = new ArrayList<>();
    for (Face face : FaceRules.bound(faces)) {
      seen.add(lookAgain(photo, face));
    }
    List<Face> sorted = FaceRules.sort(seen);
    return new FoundFaces(sorted, rules, photo);
  }

  private List<Face> look(Pixels photo, double margin) throws ModelRefusedException {
    Letterbox letterbox = Letterbox.of(photo.width(), photo.height(), rules.parameters().input(), margin);
    List<Face> faces = new ArrayList<>();
    for (Face face : run(letterbox.fill(photo))) {
      faces.add(letterbox.inPhoto(face));
    }
    return faces;
  }

  private Face lookAgain(Pixels photo, Face face) throws ModelRefusedException {
    @Nullable Square square = rules.secondLook(face);
    if (square == null) {
      return face;
    }
    List<Face> found = run(SquareSampling.sample(photo, square, rules.parameters().input()));
    return rules.seenAgain(face, square, found);
  }

  private List<Face> run(Pixels taken) throws ModelRefusedException {
    float[] numbers = detector.run(taken);
    if (!Finite.isFinite(numbers)) {
      throw new ModelRefusedException("detector: expected finite numbers, got NaN or infinity");
    }
    return rules.merge(numbers);
  }

  /** Runs {@code detector.tflite}. */
  interface Detector {
    /** Takes a square in colour, of the side that the parameters say; returns rows of 17 numbers, one after another. */
    float[] run(Pixels taken) throws ModelRefusedException;
  }

  /** The faces of one photo, widest first, and what the prefix takes of each. */
  static final class FoundFaces {
    private final List<Face> faces;
    private final List<Square> squares;
    private final int subject;

    private FoundFaces(List<Face> faces, FaceRules rules, Pixels photo) {
      List<Square> squares = new ArrayList<>();
      for (Face face : faces) {
        squares.add(rules.squareOf(face));
      }
      this.faces = Collections.unmodifiableList(faces);
      this.squares = Collections.unmodifiableList(squares);
      this.subject = faces.isEmpty() ? -1 : rules.subject(faces, photo.width(), photo.height());
    }

    /** In the photo's pixels. */
    List<Face> faces() {
      return faces;
    }

    List<Square> squares() {
      return squares;
    }

    /** Which of them the photo is of; -1 where there is none. */
    int subject() {
      return subject;
    }
  }
}
