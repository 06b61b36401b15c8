package fedexclient.contract;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A photo, uint8 [height, width, channels]. */
public final class PhotoInput extends ModelInput {
  static final String KIND = "photo";

  private final List<Long> shape;
  private final Fit fit;
  private final @Nullable FaceParameters faces;

  private PhotoInput(List<Long> shape, Fit fit, @Nullable FaceParameters faces) {
    this.shape = shape;
    this.fit = fit;
    this.faces = faces;
  }

  static PhotoInput parse(Fields fields, String where) throws ContractException {
    Fit fit = fields.choice("fit", Fit.class);
    long height = fields.integer("height");
    long width = fields.integer("width");
    long channels = fields.integer("channels");
    @Nullable FaceParameters faces = fit == Fit.FACES ? FaceParameters.parse(fields.document("faces")) : null;
    List<Long> shape = Collections.unmodifiableList(Arrays.asList(height, width, channels));
    checkSizes(shape, where);
    if (channels != 1 && channels != 3) {
      throw new ImpossibleException(where, "1 or 3 channels", Long.toString(channels));
    }
    if (fit == Fit.FACES && height != width) {
      throw new ImpossibleException(where, "a height that is the width", height + " x " + width);
    }
    checkElements(shape, where);
    return new PhotoInput(shape, fit, faces);
  }

  @Override
  public String name() {
    return KIND;
  }

  @Override
  public List<Long> shape() {
    return shape;
  }

  public int height() {
    return shape.get(0).intValue();
  }

  public int width() {
    return shape.get(1).intValue();
  }

  /** 3: red, green, blue; 1: their luma. */
  public int channels() {
    return shape.get(2).intValue();
  }

  public Fit fit() {
    return fit;
  }

  /** How faces are found and cut out; there if the fit is of faces, and only then. */
  public @Nullable FaceParameters faces() {
    return faces;
  }

  @Override
  public boolean findsFaces() {
    return fit == Fit.FACES;
  }

  @Override
  public String toString() {
    return "photo uint8 " + shape + ", " + fit;
  }
}
