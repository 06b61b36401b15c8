package fedexclient.contract;

/** How faces are found and cut out, as {@code bundle.json} says it; section 2 of the contract says what each is. */
public final class FaceParameters {
  private final int input;
  private final double score;
  private final double overlap;
  private final double margin;
  private final double subject;
  private final double tilt;
  private final double look;
  private final double near;
  private final double side;
  private final double middleX;
  private final double middleY;

  private FaceParameters(Fields fields) throws ContractException {
    Fields middle = fields.document("middle");
    input = (int) fields.integer("input", 16, 4096);
    score = fields.number("score", 0.001, 1);
    overlap = fields.number("overlap", 0, 1);
    margin = fields.number("margin", 0, 4);
    subject = fields.number("subject", 0, 1);
    tilt = fields.number("tilt", 0, 180);
    look = fields.number("look", 0.1, 16);
    near = fields.number("near", 0, 1);
    side = fields.number("side", 0.1, 16);
    middleX = middle.number("x", 0, 1);
    middleY = middle.number("y", 0, 1);
  }

  static FaceParameters parse(Fields fields) throws ContractException {
    return new FaceParameters(fields);
  }

  /** The side of what the detector takes. */
  public int input() {
    return input;
  }

  /** The least score of a candidate. */
  public double score() {
    return score;
  }

  /** Candidates are of one face if their intersection over union is above it. */
  public double overlap() {
    return overlap;
  }

  /** Of a second look at a photo without a face, on each side, in shares of its longer side. */
  public double margin() {
    return margin;
  }

  /** The subject is at least so wide, in shares of the widest face. */
  public double subject() {
    return subject;
  }

  /** A face whose eyes are tilted by more degrees is looked at once more. */
  public double tilt() {
    return tilt;
  }

  /** The side of the square of that look, in widths of the box. */
  public double look() {
    return look;
  }

  /** How far from that square's centre the face may be found, in shares of its side. */
  public double near() {
    return near;
  }

  /** The side of the prefix's square, in widths of the box. */
  public double side() {
    return side;
  }

  /** Where in that square the middle of eyes and mouth lies, from the left. */
  public double middleX() {
    return middleX;
  }

  /** The same, from the top. */
  public double middleY() {
    return middleY;
  }
}
