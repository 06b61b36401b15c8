package fedexclient.contract;

/** How a photo of another size becomes one of the input's. */
public enum Fit {
  /** The largest centred part of the input's proportions, resized; what is outside is lost. */
  CROP("crop"),
  /** All of it, resized in its own proportions and centred on black. */
  LETTERBOX("letterbox"),
  /** All of it, resized to the input's proportions. */
  STRETCH("stretch"),
  /** Each face that the bundle's detector finds in it; none without a face. */
  FACES("faces");

  private final String text;

  Fit(String text) {
    this.text = text;
  }

  /** The name in {@code bundle.json}. */
  @Override
  public String toString() {
    return text;
  }
}
