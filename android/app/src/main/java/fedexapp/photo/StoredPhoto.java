package fedexapp.photo;

import org.jspecify.annotations.Nullable;

/** A photo of the library, by the sha256 of its bytes: the same photo is the same one, however often it is added. */
public final class StoredPhoto {
  private final String id;

  StoredPhoto(String id) {
    this.id = id;
  }

  /** 64 hexadecimal digits. */
  public String id() {
    return id;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StoredPhoto && ((StoredPhoto) other).id.equals(id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id;
  }
}
