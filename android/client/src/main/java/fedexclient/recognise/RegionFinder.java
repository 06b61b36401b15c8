package fedexclient.recognise;

import fedexclient.contract.Box;
import fedexclient.contract.FaceParameters;
import fedexclient.contract.PhotoInput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds what of a photo an answer is about: all of it, fitted; or each face, widest first, none where none is found.
 *
 * <p>Use it in one thread, as its detector.
 */
final class RegionFinder {
  private final PhotoInput input;
  private final @Nullable FaceFinder faces;

  RegionFinder(PhotoInput input, @Nullable Model detector) {
    this.input = input;
    @Nullable FaceParameters parameters = input.faces();
    if (parameters == null || detector == null) {
      faces = null;
    } else {
      FaceFinder.Detector run = taken -> detector.run(ByteBuffer.wrap(taken.values()).asReadOnlyBuffer());
      faces = new FaceFinder(run, new FaceRules(parameters));
    }
  }

  List<Region> find(Pixels photo) throws ModelRefusedException {
    if (faces == null) {
      return Collections.singletonList(Region.of(Preparation.prepare(photo, input), null, true));
    }
    FaceFinder.FoundFaces found = faces.find(photo);
    List<Region> regions = new ArrayList<>();
    for (int place = 0; place < found.faces().size(); place++) {
      Face face = found.faces().get(place);
      Box box = Box.nearest(face.left(), face.top(), face.right(), face.bottom());
      regions.add(Region.of(cutOut(photo, found.squares().get(place)), box, place == found.subject()));
    }
    return regions;
  }

  private Pixels cutOut(Pixels photo, Square square) {
    Pixels pixels = SquareSampling.sample(photo, square, input.width());
    return input.channels() == Pixels.GREY ? pixels.luma() : pixels;
  }
}
