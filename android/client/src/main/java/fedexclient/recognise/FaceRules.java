package fedexclient.recognise;

import fedexclient.contract.FaceParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which of the faces that were found count, which is the subject, and what the prefix takes of each; pure. */
final class FaceRules {
  /** Of one photo; more are left out, the narrowest. */
  static final int MAX_FACES = 256;

  private final FaceParameters parameters;

  FaceRules(FaceParameters parameters) {
    this.parameters = parameters;
  }

  FaceParameters parameters() {
    return parameters;
  }

  /** The faces of one look, the highest score first, in shares of the detector's input. */
  List<Face> merge(float[] numbers) {
    return Detections.merge(numbers, parameters.score(), parameters.overlap());
  }

  /** At most so many of a look's faces as one photo may have, the widest (of equal ones the first), in their order. */
  static List<Face> bound(List<Face> faces) {
    if (faces.size() <= MAX_FACES) {
      return faces;
    }
    Integer[] places = new Integer[faces.size()];
    Arrays.setAll(places, place -> place);
    Arrays.sort(places, (one, other) -> Double.compare(faces.get(other).width(), faces.get(one).width()));
    Arrays.sort(places, 0, MAX_FACES);
    List<Face> kept = new ArrayList<>();
    for (int place = 0; place < MAX_FACES; place++) {
      kept.add(faces.get(places[place]));
    }
    return kept;
  }

  /** The faces of a photo, widest first, without those whose centre lies in the box of a wider one. */
  static List<Face> sort(List<Face> faces) {
    List<Face> sorted = new ArrayList<>(faces);
    Collections.sort(sorted, (one, other) -> Double.compare(other.width(), one.width()));
    List<Face> kept = new ArrayList<>();
    for (Face face : sorted) {
      boolean isInside = false;
      for (Face wider : kept) {
        isInside |= wider.holdsCentreOf(face);
      }
      if (!isInside) {
        kept.add(face);
      }
    }
    return kept;
  }

  /** Which of a photo's faces, widest first and at least one, it is of: of the wide ones that nearest the middle. */
  int subject(List<Face> faces, int width, int height) {
    double least = parameters.subject() * faces.get(0).width();
    int subject = 0;
    double nearest = Double.POSITIVE_INFINITY;
    for (int place = 0; place < faces.size(); place++) {
      double distance = faces.get(place).distanceTo(width / 2.0, height / 2.0);
      if (faces.get(place).width() >= least && distance < nearest) {
        subject = place;
        nearest = distance;
      }
    }
    return subject;
  }

  /** The square in which a tilted face is looked at once more; null if it is not tilted. */
  @Nullable Square secondLook(Face face) {
    if (Math.abs(Math.toDegrees(face.tilt())) <= parameters.tilt()) {
      return null;
    }
    return new Square(face.x(), face.y(), parameters.look() * face.width(), face.tilt());
  }

  /** A tilted face as a second look saw it: of what was found there the one nearest the centre, if near enough. */
  Face seenAgain(Face face, Square square, List<Face> found) {
    Face best = null;
    for (Face one : found) {
      if (best == null || one.distanceTo(0.5, 0.5) < best.distanceTo(0.5, 0.5)) {
        best = one;
      }
    }
    return best == null || best.distanceTo(0.5, 0.5) > parameters.near() ? face : square.inPhoto(best);
  }

  /** The part of the photo that the prefix takes: around the middle of eyes and mouth, turned by the eyes. */
  Square squareOf(Face face) {
    double eyesX = (face.pointX(Face.LEFT_EYE) + face.pointX(Face.RIGHT_EYE)) / 2;
    double eyesY = (face.pointY(Face.LEFT_EYE) + face.pointY(Face.RIGHT_EYE)) / 2;
    double x = (eyesX + face.pointX(Face.MOUTH)) / 2;
    double y = (eyesY + face.pointY(Face.MOUTH)) / 2;
    double side = parameters.side() * face.width();
    Square turned = new Square(x, y, side, face.tilt());
    double[] centre = turned.inPhoto(1 - parameters.middleX(), 1 - parameters.middleY());
    return new Square(centre[0], centre[1], side, face.tilt());
  }
}
