package fedexclient.photos;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.ContentResolver;
import android.net.Uri;
import fedexclient.contract.Golden;
import fedexclient.recognise.PhotoException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;

public class PhotoSourceTest extends PhotoTestCase {
  private static final Uri PHOTO = Uri.parse("content://photos/1");

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private static Golden.Vector golden() {
    return Golden.vectors("photos.json").get(0);
  }

  private static ContentResolver resolver(InputStream stream) {
    ContentResolver resolver = RuntimeEnvironment.getApplication().getContentResolver();
    Shadows.shadowOf(resolver).registerInputStream(PHOTO, stream);
    return resolver;
  }

  @Test
  public void a_photo_is_the_same_from_wherever_it_comes() throws Exception {
    byte[] content = golden().hex("file");
    File file = temporary.newFile();
    Files.write(file.toPath(), content);
    assertArrayEquals(golden().hex("pixels"), decoder.decode(file).pixels().bytes());
    assertArrayEquals(golden().hex("pixels"), decoder.decode(new Trickle(content)).pixels().bytes());
    ContentResolver resolver = resolver(new ByteArrayInputStream(content));
    assertArrayEquals(golden().hex("pixels"), decoder.decode(resolver, PHOTO).pixels().bytes());
  }

  @Test
  public void what_cannot_be_read_is_refused() throws Exception {
    Failing failing = new Failing();
    assertThrows(PhotoUnreadableException.class, () -> decoder.decode(failing));
    assertThrows(PhotoUnreadableException.class, () -> decoder.decode(resolver(failing), PHOTO));
    ContentResolver resolver = RuntimeEnvironment.getApplication().getContentResolver();
    Uri missing = Uri.fromFile(new File(temporary.getRoot(), "missing.jpg"));
    assertThrows(PhotoUnreadableException.class, () -> decoder.decode(resolver, missing));
    assertThrows(PhotoUnreadableException.class, () -> decoder.decode(new File(temporary.getRoot(), "missing.jpg")));
  }

  @Test
  public void what_a_provider_throws_is_an_error_of_ours() {
    InputStream forbidden = new InputStream() {
      @Override
      public int read() {
        throw new SecurityException("no permission");
      }
    };
    PhotoException error = assertThrows(PhotoException.class, () -> decoder.decode(resolver(forbidden), PHOTO));
    assertTrue(error.getMessage().contains("SecurityException"));
  }

  @Test
  public void what_is_no_file_is_refused_before_it_is_opened() throws Exception {
    File pipe = new File(temporary.getRoot(), "pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.getPath()).start().waitFor());
    for (File other : new File[] {pipe, temporary.getRoot(), new File("/dev/zero")}) {
      assertThrows(PhotoUnreadableException.class, () -> decoder.decode(other));
    }
  }

  @Test
  public void what_is_too_long_is_refused_before_all_of_it_is_read() throws Exception {
    Endless endless = new Endless();
    assertThrows(PhotoTooLargeException.class, () -> decoder.decode(endless));
    assertTrue(endless.given <= 2L * PhotoDecoder.MAX_FILE_BYTES);
    File large = temporary.newFile();
    try (RandomAccessFile file = new RandomAccessFile(large, "rw")) {
      file.setLength(1L << 40);
    }
    assertThrows(PhotoTooLargeException.class, () -> decoder.decode(large));
    assertThrows(PhotoTooLargeException.class, () -> decoder.decode(new byte[PhotoDecoder.MAX_FILE_BYTES + 1]));
  }

  @Test
  public void a_lack_of_memory_is_an_error_of_ours() {
    InputStream hungry = new InputStream() {
      @Override
      public int read() {
        throw new OutOfMemoryError("scripted");
      }
    };
    assertThrows(PhotoTooLargeException.class, () -> decoder.decode(hungry));
  }

  @Test
  public void a_stream_stays_open() throws Exception {
    File file = temporary.newFile();
    try (FileOutputStream out = new FileOutputStream(file)) {
      out.write(golden().hex("file"));
    }
    try (InputStream stream = Files.newInputStream(file.toPath())) {
      decoder.decode(stream);
      assertEquals(-1, stream.read());
    }
  }

  /** Gives a byte at a time. */
  private static final class Trickle extends InputStream {
    private final InputStream content;

    Trickle(byte[] content) {
      this.content = new ByteArrayInputStream(content);
    }

    @Override
    public int read() throws IOException {
      return content.read();
    }

    @Override
    public int read(byte[] bytes, int start, int length) throws IOException {
      return content.read(bytes, start, Math.min(length, 1));
    }
  }

  private static final class Failing extends InputStream {
    @Override
    public int read() throws IOException {
      throw new IOException("scripted");
    }
  }

  private static final class Endless extends InputStream {
    private long given;

    @Override
    public int read() {
      given++;
      return 1;
    }

    @Override
    public int read(byte[] bytes, int start, int length) {
      given += length;
      return length;
    }
  }
}
