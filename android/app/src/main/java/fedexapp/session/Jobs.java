package fedexapp.session;

import android.os.Handler;
import android.os.Looper;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Does work away from the main thread, and tells the main thread what came of it. */
public final class Jobs {
  private final Map<Lane, ExecutorService> lanes = new EnumMap<>(Lane.class);
  private final Handler main = new Handler(Looper.getMainLooper());
  private final AtomicInteger running = new AtomicInteger();

  public Jobs() {
    for (Lane lane : Lane.values()) {
      lanes.put(lane, Executors.newSingleThreadExecutor(work -> new Thread(work, "fedex " + lane)));
    }
  }

  /** Has work done, and then, on the main thread, one of the other two. */
  public <T> void run(Lane lane, Callable<T> work, Consumer<T> done, Consumer<Exception> failed) {
    running.incrementAndGet();
    lanes.get(lane).execute(() -> {
      Runnable report = report(work, done, failed);
      main.post(() -> {
        running.decrementAndGet();
        report.run();
      });
    });
  }

  private static <T> Runnable report(Callable<T> work, Consumer<T> done, Consumer<Exception> failed) {
    try {
      T result = work.call();
      return () -> done.accept(result);
    } catch (Exception error) { // the top of a loop: whatever it is, a screen says it
      return () -> failed.accept(error);
    } catch (OutOfMemoryError error) { // of one large photo: what it took is free again
      return () -> failed.accept(new NoMemoryException(error));
    }
  }

  /** Has something done on the main thread. */
  void tellMain(Runnable what) {
    main.post(what);
  }

  /** Whether nothing runs or waits to be told. */
  public boolean areIdle() {
    return running.get() == 0;
  }
}
