package fedexapp.photo;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Collections;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
public class PhotoLibraryTest {
  @Rule public final TemporaryFolder temporary = new TemporaryFolder();
  private File folder = new File("");
  private PhotoLibrary library = new PhotoLibrary(() -> folder);

  @Before
  public void begin() {
    folder = new File(temporary.getRoot(), "photos");
    library = new PhotoLibrary(() -> folder);
  }

  private static byte[] drawn(String name) throws IOException {
    return Files.readAllBytes(new File(System.getProperty("fedex.app"), "src/test/photos/" + name).toPath());
  }

  private StoredPhoto add(String name) throws Exception {
    return library.add(new ByteArrayInputStream(drawn(name)));
  }

  private void addedAt(StoredPhoto photo, long seconds) throws IOException {
    Files.setLastModifiedTime(new File(folder, photo.id()).toPath(), FileTime.fromMillis(seconds * 1000));
  }

  @Test
  public void aPhotoComesBackByteForByte() throws Exception {
    assertArrayEquals(drawn("portrait0.jpg"), library.read(add("portrait0.jpg")));
  }

  @Test
  public void theSamePhotoIsOneAndComesToTheFront() throws Exception {
    StoredPhoto first = add("portrait0.jpg");
    StoredPhoto second = add("portrait1.jpg");
    addedAt(first, 1);
    addedAt(second, 2);
    assertEquals(Arrays.asList(second, first), library.list());
    assertEquals(first, add("portrait0.jpg"));
    assertEquals(Arrays.asList(first, second), library.list());
  }

  @Test
  public void photosOfOneInstantAndAfterTheClockWasSetBackAreInOrder() throws Exception {
    StoredPhoto first = add("portrait0.jpg");
    addedAt(first, System.currentTimeMillis() / 1000 + 86_400);
    StoredPhoto second = add("portrait1.jpg");
    StoredPhoto third = add("portrait2.jpg");
    assertEquals(Arrays.asList(third, second, first), library.list());
  }

  @Test
  public void whatIsNoPhotoIsRefusedAndLeavesNothing() {
    InputStream text = new ByteArrayInputStream(new byte[1000]);
    assertThrows(UnreadablePhotoException.class, () -> library.add(text));
    assertEquals(Collections.emptyList(), library.list());
  }

  @Test
  public void aFileWithoutEndIsRefusedAtItsBound() {
    assertThrows(FileTooLargeException.class, () -> library.add(new InputStream() {
      @Override
      public int read() {
        return 0;
      }

      @Override
      public int read(byte[] into, int from, int length) {
        return length;
      }
    }));
  }

  @Test
  public void whatBrokeOffIsNoPhotoAndIsClearedAway() throws Exception {
    add("portrait0.jpg");
    File part = new File(folder, "a".repeat(64) + ".part");
    Files.write(part.toPath(), new byte[10]);
    assertEquals(1, library.list().size());
    add("portrait1.jpg");
    assertTrue(!part.exists());
  }

  @Test
  public void aPhotoThatWasRemovedIsGoneAndMayBeRemovedAgain() throws Exception {
    StoredPhoto photo = add("portrait0.jpg");
    library.remove(photo);
    library.remove(photo);
    assertEquals(Collections.emptyList(), library.list());
    assertThrows(FileNotFoundException.class, () -> library.read(photo));
  }

  @Test
  public void aLibraryThatWasNeverUsedIsEmpty() {
    assertEquals(Collections.emptyList(), library.list());
  }

  @Test
  public void aLargePhotoIsAddedAndShownWithoutAllOfItInMemory() throws Exception {
    byte[] large = Arrays.copyOf(drawn("portrait0.jpg"), 60 << 20);
    StoredPhoto[] added = {add("portrait1.jpg")}; // what the first one of all loads of classes is not counted
    long toAdd = allocated(() -> added[0] = library.add(new ByteArrayInputStream(large)));
    long toShow = allocated(() -> ShownPhotos.decode(library.file(added[0]), 64));
    long toRead = allocated(() -> library.read(added[0]));
    assertTrue("added with " + toAdd, toAdd < 8 << 20);
    assertTrue("shown with " + toShow, toShow < 16 << 20);
    assertTrue("read with " + toRead, toRead < 70 << 20);
  }

  private static long allocated(Work work) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    work.run();
    return threads.getThreadAllocatedBytes(thread) - before;
  }

  @Test
  public void aPhotoThatBreaksOffWhileItIsAddedLeavesNothing() {
    InputStream broken = new InputStream() {
      private int given;

      @Override
      public int read() throws IOException {
        if (given++ > 100_000) {
          throw new IOException("broke off");
        }
        return 0xff;
      }
    };
    assertThrows(IOException.class, () -> library.add(broken));
    assertEquals(0, folder.list().length);
  }

  /** What is measured. */
  private interface Work {
    void run() throws Exception;
  }
}
