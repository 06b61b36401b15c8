package fedexclient.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExclusiveLockTest {
  private static final ExclusiveLock.Patience<RuntimeException> GO_ON = () -> {};

  @TempDir Path folder;

  @Test
  void one_thread_at_a_time_has_it() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
    for (int number = 0; number < threads.length; number++) {
      threads[number] = CompletableFuture.runAsync(() -> holdOften(inside, most));
    }
    CompletableFuture.allOf(threads).get(30, TimeUnit.SECONDS);
    assertEquals(1, most.get());
  }

  private void holdOften(AtomicInteger inside, AtomicInteger most) {
    try {
      for (int time = 0; time < 50; time++) {
        ExclusiveLock.Held held = lock().hold(GO_ON);
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
        inside.decrementAndGet();
        held.close();
      }
    } catch (StorageException error) {
      throw new IllegalStateException(error);
    }
  }

  @Test
  void who_does_not_want_to_wait_is_told() throws Exception {
    ExclusiveLock.Held held = lock().hold(GO_ON);
    assertNull(CompletableFuture.supplyAsync(this::tried).get());
    held.close();
    assertNotNull(CompletableFuture.supplyAsync(this::tried).get());
  }

  @Test
  void who_waits_leaves_when_its_patience_or_its_thread_is_at_an_end() throws Exception {
    ExclusiveLock.Held held = lock().hold(GO_ON);
    assertEquals("enough", CompletableFuture.supplyAsync(
        () -> assertThrows(IllegalStateException.class, () -> lock().hold(ExclusiveLockTest::enough)).getMessage()).get());
    assertEquals(true, CompletableFuture.supplyAsync(this::leavesInterrupted).get());
    held.close();
  }

  private static void enough() {
    throw new IllegalStateException("enough");
  }

  private boolean leavesInterrupted() {
    try {
      Thread.currentThread().interrupt();
      return lock().hold(GO_ON) == null && Thread.interrupted();
    } catch (StorageException error) {
      throw new IllegalStateException(error);
    }
  }

  private Object tried() {
    try {
      ExclusiveLock.Held held = lock().tryHold();
      if (held != null) {
        held.close();
      }
      return held;
    } catch (StorageException error) {
      throw new IllegalStateException(error);
    }
  }

  @Test
  void a_thread_that_has_it_and_asks_again_is_told_its_error_and_still_has_it() throws Exception {
    ExclusiveLock.Held held = lock().hold(GO_ON);
    assertThrows(IllegalStateException.class, () -> lock().hold(GO_ON));
    assertNull(CompletableFuture.supplyAsync(this::tried).get());
    held.close();
  }

  @Test
  void a_folder_that_is_not_there_is_a_typed_error_and_holds_nothing() throws Exception {
    ExclusiveLock lock = new ExclusiveLock(folder.resolve("none/lock"));
    assertThrows(StorageException.class, () -> lock.hold(GO_ON));
    new Folder(folder.resolve("none")).make();
    lock.hold(GO_ON).close();
  }

  @Test
  void another_process_has_it_until_it_is_killed() throws Exception {
    String java = new File(System.getProperty("java.home"), "bin/java").getPath();
    Process other = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), Holder.class.getName(),
        folder.resolve("lock").toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader said = new BufferedReader(
        new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
      assertEquals("held", said.readLine());
      assertNull(lock().tryHold());
    } finally {
      other.destroyForcibly();
    }
    lock().hold(GO_ON).close();
  }

  private ExclusiveLock lock() {
    return new ExclusiveLock(folder.resolve("lock"));
  }

  /** Takes the lock in a process of its own and keeps it. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      new ExclusiveLock(Path.of(arguments[0])).hold(GO_ON);
      System.out.println("held");
      Thread.sleep(60_000);
    }
  }
}
