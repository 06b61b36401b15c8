package fedexapp;

import static org.junit.Assert.assertEquals;

import android.os.Looper;
import fedexapp.photo.StoredPhoto;
import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;
import java.security.Permission;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/**
 * No file of the app is touched on the main thread: none of its data, wherever Android keeps it for the app.
 *
 * <p>What Android's StrictMode would see on a phone is seen here by a security manager, which the JVM asks before it
 * opens a file; StrictMode's own hooks are none in a JVM. The learner of the tests refuses the main thread by itself.
 */
@SuppressWarnings("removal")
public class MainThreadTest extends ScreenTestCase {
  private final List<String> touched = Collections.synchronizedList(new ArrayList<>());

  @Before
  public void watch() {
    System.setSecurityManager(new Watcher(app().getDataDir().getPath(), touched));
  }

  @After
  public void stopWatching() {
    System.setSecurityManager(null);
  }

  @Test
  public void aFileThatTheMainThreadLooksAtIsSeen() {
    File looked = new File(app().getNoBackupFilesDir(), "photos");
    touched.clear();
    looked.exists();
    assertEquals(Collections.singletonList(looked.getPath()), touched);
  }

  @Test
  public void everyScreenWorksWithoutTouchingAFileItself() throws IOException {
    learner().status = ScriptedLearner.member();
    StoredPhoto photo = addPhoto("scene.jpg");
    press(open(PhotosActivity.class).get(), R.id.push);
    settle();
    PhotoActivity shown = open(PhotoActivity.class, photoIntent(photo)).get();
    press(shown, R.id.agree);
    settle();
    open(NameActivity.class);
    open(EnrolActivity.class);
    press(open(SettingsActivity.class).get(), R.id.secure);
    press(open(ConsentActivity.class).get(), R.id.yes);
    press(open(ForgetActivity.class).get(), R.id.yes);
    settle();
    session().photos().remove(photo);
    settle();
    assertEquals(Collections.emptyList(), touched);
  }

  /** Takes down which files of a folder the main thread asks for, and allows everything. */
  private static final class Watcher extends SecurityManager {
    private final String folder;
    private final List<String> touched;

    Watcher(String folder, List<String> touched) {
      this.folder = folder;
      this.touched = touched;
    }

    private void see(String file) {
      if ((file + "/").startsWith(folder + "/") && Looper.getMainLooper().isCurrentThread()) {
        touched.add(file);
      }
    }

    @Override
    public void checkRead(String file) {
      see(file);
    }

    @Override
    public void checkRead(FileDescriptor descriptor) {}

    @Override
    public void checkWrite(String file) {
      see(file);
    }

    @Override
    public void checkDelete(String file) {
      see(file);
    }

    @Override
    public void checkPermission(Permission permission) {}
  }
}
