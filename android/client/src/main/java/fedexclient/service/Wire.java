package fedexclient.service;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One connection, for one request, whose steps run in a thread of its own: whoever waits for one leaves when it takes
 * too long, or when the end is asked for, whatever the platform is doing just then.
 *
 * <p>{@code HttpURLConnection} has no time-out for a name that is looked up, for a body that nobody takes, and for
 * headers that never end.
 */
final class Wire implements AutoCloseable {
  private final HttpURLConnection connection;
  private final Stop stop;
  private final ExecutorService steps = Executors.newSingleThreadExecutor(Wire::thread);

  Wire(HttpURLConnection connection, Stop stop) {
    this.connection = connection;
    this.stop = stop;
  }

  /** What the platform is asked to do. */
  interface Step<T extends @Nullable Object> {
    T run(HttpURLConnection connection) throws IOException;
  }

  /**
   * Waits for a step.
   *
   * @throws SlowException it took longer than {@code limitMs}; the connection is given up
   * @throws IOException it failed; the connection is given up
   * @throws StoppedException the end was asked for, or this thread interrupted; the connection is given up
   */
  <T extends @Nullable Object> T await(Step<T> step, long limitMs) throws IOException, StoppedException {
    Future<T> running = steps.submit(() -> step.run(connection));
    Runnable takeBack = stop.onAsk(() -> running.cancel(false));
    try {
      return running.get(limitMs, TimeUnit.MILLISECONDS);
    } catch (TimeoutException error) {
      giveUp();
      throw new SlowException();
    } catch (CancellationException error) {
      giveUp();
      throw new StoppedException();
    } catch (InterruptedException error) {
      giveUp();
      Thread.currentThread().interrupt();
      throw new StoppedException();
    } catch (ExecutionException error) {
      close();
      throw failure(error.getCause());
    } finally {
      takeBack.run();
    }
  }

  /** The platform answers some garbage with errors of its own, and endless garbage by running out of stack. */
  private static IOException failure(@Nullable Throwable cause) {
    return cause instanceof IOException ? (IOException) cause : new IOException(cause);
  }

  /** Breaks off what runs, from outside, as it may wait for ever. */
  private void giveUp() {
    thread(connection::disconnect).start();
    close();
  }

  /** Lets go of the connection, after the step that runs; closing again changes nothing. */
  @Override
  public void close() {
    if (!steps.isShutdown()) {
      steps.execute(connection::disconnect);
      steps.shutdown();
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "fedex-wire");
    thread.setDaemon(true);
    return thread;
  }
}
