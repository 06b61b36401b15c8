package fedexapp.photo;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.content.Context;
import android.database.Cursor;
import android.net.Uri;
import android.os.ParcelFileDescriptor;
import java.io.File;
import java.io.FileNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * Where a camera app writes the one photo that it was asked for.
 *
 * <p>Not exported: the camera is granted this address alone, for as long as it was asked. What it wrote is moved into
 * the library, and then removed here.
 */
public final class CaptureProvider extends ContentProvider {
  /** What a camera app is given. */
  public static final Uri ADDRESS = Uri.parse("content://fedexapp.demo.capture/photo");

  private static final String MODES = "[rw]{1,2}t?";

  /** The file behind the address; Android looks at its storage to tell it. */
  public static File file(Context context) {
    return new File(context.getNoBackupFilesDir(), "capture.jpg");
  }

  @Override
  public boolean onCreate() {
    return true;
  }

  @Override
  public ParcelFileDescriptor openFile(Uri address, String mode) throws FileNotFoundException {
    if (!address.equals(ADDRESS)) {
      throw new FileNotFoundException("expected " + ADDRESS);
    }
    if (!mode.matches(MODES)) {
      throw new FileNotFoundException("expected to read or write, got another mode");
    }
    return ParcelFileDescriptor.open(file(home()), ParcelFileDescriptor.parseMode(mode));
  }

  private Context home() {
    Context context = getContext();
    if (context == null) {
      throw new IllegalStateException("asked before it was made");
    }
    return context;
  }

  @Override
  public String getType(Uri address) {
    return "image/jpeg";
  }

  @Override
  public @Nullable Cursor query(Uri address, String @Nullable [] columns, @Nullable String where,
      String @Nullable [] values, @Nullable String order) {
    return null;
  }

  @Override
  public @Nullable Uri insert(Uri address, @Nullable ContentValues values) {
    throw new UnsupportedOperationException("a photo is written, nothing else");
  }

  @Override
  public int delete(Uri address, @Nullable String where, String @Nullable [] values) {
    throw new UnsupportedOperationException("a photo is written, nothing else");
  }

  @Override
  public int update(Uri address, @Nullable ContentValues values, @Nullable String where, String @Nullable [] more) {
    throw new UnsupportedOperationException("a photo is written, nothing else");
  }
}
