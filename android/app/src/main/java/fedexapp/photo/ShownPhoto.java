package fedexapp.photo;

import android.graphics.Bitmap;

/** A photo as a screen shows it: upright, and often smaller than it is. */
public final class ShownPhoto {
  private final Bitmap bitmap;
  private final WholeSize size;

  public ShownPhoto(Bitmap bitmap, WholeSize size) {
    this.bitmap = bitmap;
    this.size = size;
  }

  public Bitmap bitmap() {
    return bitmap;
  }

  /** Of the whole photo, which boxes are counted in. */
  public WholeSize size() {
    return size;
  }
}
