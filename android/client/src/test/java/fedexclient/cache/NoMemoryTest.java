package fedexclient.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import android.database.CursorWindow;
import android.database.CursorWindowAllocationException;
import org.junit.After;
import org.junit.Test;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.shadows.ShadowNativeCursorWindow;

/** A phone without the memory, or the descriptors, that Android's window on a query takes. */
@Config(shadows = NoMemoryTest.Window.class)
public class NoMemoryTest extends CacheTestCase {
  /** What a window does if it is out of order; null: it works. */
  private static RuntimeException failure;

  /** Android's own, which fails where a test says so. */
  @Implements(value = CursorWindow.class, isInAndroidSdk = false)
  public static final class Window extends ShadowNativeCursorWindow {
    /** Makes a window. */
    @Implementation
    protected static long nativeCreate(String name, int size) {
      if (failure != null) {
        throw failure;
      }
      return ShadowNativeCursorWindow.nativeCreate(name, size);
    }
  }

  @After
  public void recover() {
    failure = null;
  }

  private void assertToldAndNothingLost(RuntimeException thrown) throws Exception {
    try (Cache cache = open()) {
      Entries.add(cache, 1);
      failure = thrown;
      CacheAccessException error = assertThrows(CacheAccessException.class, () -> cache.inferences().count());
      assertEquals(file() + ": " + thrown.getMessage(), error.getMessage());
      assertThrows(CacheAccessException.class, () -> Entries.add(cache, 2));
      assertThrows(CacheAccessException.class, this::open);
      failure = null;
      assertFalse(cache.isDamaged());
      assertEquals(1, cache.inferences().count());
      assertEquals(2, Entries.add(cache, 2));
    }
  }

  @Test
  public void a_window_that_cannot_be_had_is_a_typed_error() throws Exception {
    assertToldAndNothingLost(new CursorWindowAllocationException("Could not allocate CursorWindow"));
  }

  @Test
  public void a_row_that_a_window_cannot_give_is_a_typed_error() throws Exception {
    assertToldAndNothingLost(new IllegalStateException("Couldn't read row 0, col 0 from CursorWindow"));
  }
}
