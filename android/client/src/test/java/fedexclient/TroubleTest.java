package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import fedexclient.cache.CacheAccessException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.UnsentUploadsException;
import fedexclient.storage.StorageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.Test;

public final class TroubleTest {
  private static List<Class<?>> checkedExceptionsOfTheLibrary() throws Exception {
    Path classes = Paths.get(Trouble.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<?>> exceptions = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) files.filter(path -> path.toString().endsWith(".class"))::iterator) {
        String name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
        if (!name.endsWith("package-info")) {
          Class<?> type = Class.forName(name, false, Trouble.class.getClassLoader());
          boolean isChecked = Exception.class.isAssignableFrom(type) && !RuntimeException.class.isAssignableFrom(type);
          if (isChecked && !Modifier.isAbstract(type.getModifiers())) {
            exceptions.add(type);
          }
        }
      }
    }
    exceptions.remove(FedexException.class);
    return exceptions;
  }

  @Test
  public void every_checked_exception_of_the_library_has_its_own() throws Exception {
    List<Class<?>> exceptions = checkedExceptionsOfTheLibrary();
    assertTrue("only " + exceptions.size() + " were found", exceptions.size() >= 38);
    for (Class<?> type : exceptions) {
      assertNotNull(type.getName(), Trouble.ofKind(type));
    }
  }

  @Test
  public void each_of_them_is_had_by_some_exception() throws Exception {
    List<Trouble> had = new ArrayList<>();
    for (Class<?> type : checkedExceptionsOfTheLibrary()) {
      had.add(Trouble.ofKind(type));
    }
    for (Trouble trouble : Trouble.values()) {
      assertTrue(trouble.name(), had.contains(trouble));
    }
  }

  @Test
  public void a_kind_of_a_kind_is_not_taken_for_the_other() {
    assertEquals(Trouble.UNSENT, Trouble.ofKind(UnsentUploadsException.class));
    assertEquals(Trouble.NOT_ENROLLED, Trouble.ofKind(EnrolmentException.class));
    assertEquals(Trouble.NO_SPACE, Trouble.ofKind(fedexclient.cache.CacheFullException.class));
    assertEquals(Trouble.NEWER_VERSION, Trouble.ofKind(fedexclient.cache.NewerCacheException.class));
    assertEquals(Trouble.CLOCK_AHEAD, Trouble.ofKind(fedexclient.trust.ClockAheadException.class));
    assertEquals(Trouble.NOT_BELIEVED, Trouble.ofKind(fedexclient.trust.ExpiredException.class));
    assertEquals(Trouble.ADDRESS, Trouble.ofKind(fedexclient.service.AnotherServiceException.class));
    assertEquals(Trouble.LABEL, Trouble.ofKind(fedexclient.keeping.UnknownAnswerException.class));
    assertEquals(Trouble.KEPT_BACK, Trouble.ofKind(fedexclient.keeping.KeptBackException.class));
    assertEquals(Trouble.PHOTO, Trouble.ofKind(fedexclient.photos.PhotoTooLargeException.class));
    assertEquals(Trouble.MODEL, Trouble.ofKind(fedexclient.recognise.ModelRefusedException.class));
  }

  /** Android's java.nio, java.io and its quotas say it each in their own words. */
  @Test
  public void a_full_disk_is_found_by_each_of_its_names() {
    Path file = Paths.get("identity.json");
    for (IOException full : new IOException[] {
        new FileSystemException("identity.json", null, "No space left on device"),
        new IOException("No space left on device"),
        new FileNotFoundException("identity.json: open failed: ENOSPC (No space left on device)"),
        new IOException("write failed: EDQUOT (Quota exceeded)"),
        new FileSystemException("identity.json", null, "Disk quota exceeded"),
        new IOException("renamed", new IOException("No space left on device"))}) {
      assertEquals(full.toString(), Trouble.NO_SPACE, Trouble.of(new StorageException(file, full)));
      CacheAccessException ofCache = new CacheAccessException("cache.sqlite3: " + innermost(full));
      assertEquals(full.toString(), Trouble.NO_SPACE, Trouble.of(ofCache));
    }
  }

  private static Throwable innermost(Throwable full) {
    return full.getCause() == null ? full : full.getCause();
  }

  @Test
  public void a_disk_that_fails_otherwise_is_not_full() {
    assertEquals(Trouble.STORAGE,
        Trouble.of(new StorageException(Paths.get("identity.json"), new IOException("Permission denied"))));
    assertEquals(Trouble.STORAGE, Trouble.of(new StorageException("keystore", new Exception())));
  }

  @Test
  public void what_nobody_thought_of_is_a_bug() {
    Exception stranger = new InterruptedException();
    assertSame(stranger, assertThrows(IllegalArgumentException.class, () -> Trouble.of(stranger)).getCause());
  }
}
