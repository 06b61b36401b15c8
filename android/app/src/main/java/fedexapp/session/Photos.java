package fedexapp.session;

import android.content.Context;
import android.graphics.Bitmap;
import android.net.Uri;
import android.util.LruCache;
import fedexapp.photo.CaptureProvider;
import fedexapp.photo.PhotoLibrary;
import fedexapp.photo.ShownPhoto;
import fedexapp.photo.ShownPhotos;
import fedexapp.photo.StoredPhoto;
import fedexapp.photo.TooManyPhotosException;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The photos that the screens show. On the main thread; what blocks is done elsewhere. */
public final class Photos {
  /** How many photos are added at once. */
  public static final int MOST_AT_ONCE = 50;

  private static final int THUMBNAIL_BYTES = 24 << 20;

  private final Jobs jobs;
  private final PhotoLibrary library;
  private final Context context;
  private final Observers observers;
  private final LruCache<String, Bitmap> thumbnails = new LruCache<String, Bitmap>(THUMBNAIL_BYTES) {
    @Override
    protected int sizeOf(String photo, Bitmap bitmap) {
      return bitmap.getByteCount();
    }
  };
  private @Nullable List<StoredPhoto> list;
  private @Nullable Exception failure;

  Photos(Jobs jobs, PhotoLibrary library, Context context, Observers observers) {
    this.jobs = jobs;
    this.library = library;
    this.context = context;
    this.observers = observers;
    load();
  }

  private void load() {
    jobs.run(Lane.PHOTOS, library::list, this::show, this::fail);
  }

  private void show(List<StoredPhoto> photos) {
    list = photos;
    observers.tell();
  }

  private void fail(Exception error) {
    failure = error;
    observers.tell();
  }

  /** Whether it is known which ones there are. */
  public boolean areKnown() {
    return list != null;
  }

  /** The one that was added last first. */
  public List<StoredPhoto> list() {
    return list == null ? Collections.emptyList() : list;
  }

  /** Why a photo could not be added or removed; null: all went well since it was last said. */
  public @Nullable Exception failure() {
    return failure;
  }

  /** It was said. */
  public void forgiveFailure() {
    failure = null;
  }

  /** Adds what was chosen, as far as that is at once; one that cannot be added does not keep the others out. */
  public void add(List<Uri> chosen) {
    for (Uri uri : chosen.subList(0, Math.min(chosen.size(), MOST_AT_ONCE))) {
      addFrom(() -> open(uri));
    }
    if (chosen.size() > MOST_AT_ONCE) {
      failure = new TooManyPhotosException(MOST_AT_ONCE, chosen.size());
    }
    load();
  }

  private @Nullable InputStream open(Uri uri) throws IOException {
    try {
      return context.getContentResolver().openInputStream(uri);
    } catch (RuntimeException error) { // of the app that has the photo, as where it takes back that it may be read
      IOException gone = new FileNotFoundException("what was chosen is not handed out");
      gone.initCause(error);
      throw gone;
    }
  }

  /** Removes what a camera wrote and nobody wanted, and then does something. */
  public void dropCaptured(Runnable then) {
    jobs.run(Lane.PHOTOS, () -> {
      File captured = CaptureProvider.file(context);
      if (!captured.delete() && captured.exists()) {
        throw new IOException("a photo that nobody wanted cannot be removed");
      }
      return captured;
    }, dropped -> then.run(), this::fail);
  }

  /** Adds the photo that a camera wrote, and removes what it wrote. */
  public void addCaptured() {
    addFrom(() -> new FileInputStream(CaptureProvider.file(context)));
    jobs.run(Lane.PHOTOS, () -> CaptureProvider.file(context).delete(), isDeleted -> load(), this::fail);
  }

  private void addFrom(Source source) {
    jobs.run(Lane.PHOTOS, () -> addOne(source), added -> {}, this::fail);
  }

  private StoredPhoto addOne(Source source) throws Exception {
    try (InputStream in = source.open()) {
      if (in == null) {
        throw new IOException("what was chosen cannot be opened");
      }
      return library.add(in);
    }
  }

  /** Removes the app's copy of a photo. */
  public void remove(StoredPhoto photo) {
    jobs.run(Lane.PHOTOS, () -> {
      library.remove(photo);
      return library.list();
    }, this::show, this::fail);
  }

  /** Gives the small picture of a photo: at once where it is at hand; never, where it cannot be decoded. */
  public void thumbnail(StoredPhoto photo, int side, Consumer<Bitmap> shown) {
    Bitmap known = thumbnails.get(photo.id());
    if (known != null) {
      shown.accept(known);
      return;
    }
    jobs.run(Lane.PHOTOS, () -> ShownPhotos.decode(library.file(photo), side).bitmap(), bitmap -> {
      thumbnails.put(photo.id(), bitmap);
      shown.accept(bitmap);
    }, error -> {});
  }

  /** Gives a photo, as large as a screen, or why not. */
  public void picture(StoredPhoto photo, int side, Consumer<ShownPhoto> shown, Consumer<Exception> failed) {
    jobs.run(Lane.PHOTOS, () -> ShownPhotos.decode(library.file(photo), side), shown, failed);
  }

  /** Reads a photo as it was stored; not on the main thread. */
  byte[] read(StoredPhoto photo) throws IOException {
    return library.read(photo);
  }

  /** Finds a photo by its id; null: it was removed. */
  public @Nullable StoredPhoto find(@Nullable String id) {
    for (StoredPhoto photo : list()) {
      if (photo.id().equals(id)) {
        return photo;
      }
    }
    return null;
  }

  /** Opens what a photo is read from; null where that is said by it so. */
  private interface Source {
    @Nullable InputStream open() throws IOException;
  }
}
