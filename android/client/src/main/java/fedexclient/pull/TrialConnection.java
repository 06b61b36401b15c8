package fedexclient.pull;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.Handler;
import android.os.IBinder;
import android.os.Looper;
import android.os.Message;
import android.os.Messenger;
import android.os.RemoteException;
import fedexclient.service.ServiceException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The process of one trial, as the app's process sees it: what it says, and that it died.
 *
 * <p>Android tells both in the main thread; whoever tries a head waits for it in another one.
 */
final class TrialConnection implements ServiceConnection, IBinder.DeathRecipient, Handler.Callback {
  private static final int CONNECTED = -1;
  private static final int DIED = -2;
  private static final int STOPPED = -3;
  private static final int SILENT = -4;
  private static final long LATE_MS = 300;

  private final Context context;
  private final long timeoutMs;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile int process;

  /**
   * Makes one.
   *
   * @param timeoutMs how long it waits for the process, for its thread, and then for the answer: a phone that is slow
   *     to start processes leaves the head no less time
   */
  TrialConnection(Context context, long timeoutMs) {
    this.context = context;
    this.timeoutMs = timeoutMs;
  }

  /** Something that happened: a number of this class, or one of {@link TrialMessages}. */
  private static final class Event {
    final int what;
    final String why;
    final @Nullable IBinder binder;

    Event(int what, String why, @Nullable IBinder binder) {
      this.what = what;
      this.why = why;
      this.binder = binder;
    }
  }

  /** Which process runs the head; 0: none has said so. */
  int process() {
    return process;
  }

  /** Has whoever waits stop waiting. */
  void stop() {
    add(STOPPED);
  }

  /**
   * Has the request run; returns once the process says that the answer is there.
   *
   * @throws HeadCrashedException once it had begun it died, kept silent, or said something else
   * @throws TryLaterException it could not be asked, did not begin, or could not try
   */
  void ask(TrialRequest request) throws HeadRefusedException, ServiceException {
    IBinder binder = bind();
    try {
      binder.linkToDeath(this, 0);
      Message message = TrialMessages.run(request);
      message.replyTo = new Messenger(new Handler(Looper.getMainLooper(), this));
      new Messenger(binder).send(message);
    } catch (RemoteException error) {
      throw new TryLaterException("the process for trials went before it was asked", (Long) null);
    }
    awaitAnswer();
  }

  private IBinder bind() throws ServiceException {
    boolean isBound;
    try {
      isBound = context.bindService(new Intent(context, TrialService.class), this, Context.BIND_AUTO_CREATE);
    } catch (SecurityException error) {
      isBound = false;
    }
    Event event = isBound ? next() : new Event(DIED, "", null);
    if (event.what == STOPPED) {
      throw new StoppedException();
    }
    if (event.what != CONNECTED || event.binder == null) {
      throw new TryLaterException("the process for trials cannot be started", (Long) null);
    }
    return event.binder;
  }

  private void awaitAnswer() throws HeadRefusedException, ServiceException {
    Event event = next();
    if (event.what == SILENT || event.what == DIED && !hadBegun()) {
      throw new TryLaterException("the process for trials does not begin", (Long) null);
    }
    if (event.what == TrialMessages.STARTED) {
      event = next();
    }
    switch (event.what) {
      case TrialMessages.ANSWERED:
        return;
      case TrialMessages.REFUSED:
        throw new HeadRefusedException(event.why);
      case TrialMessages.FAILED:
        throw new TryLaterException("nothing could be tried: " + event.why, (Long) null);
      case STOPPED:
        throw new StoppedException();
      case DIED:
        throw new HeadCrashedException("the process that ran it died");
      case SILENT:
        throw new HeadCrashedException("no answer came in time");
      default:
        throw new HeadCrashedException("expected an answer, got a message of kind " + event.what);
    }
  }

  /** Whether what died had begun all the same: what it said and that it died may come in either order. */
  private boolean hadBegun() throws StoppedException {
    Event event = next(LATE_MS);
    while (event.what == DIED) {
      event = next(LATE_MS);
    }
    if (event.what == STOPPED) {
      throw new StoppedException();
    }
    return event.what != SILENT;
  }

  private Event next() throws StoppedException {
    return next(timeoutMs);
  }

  private Event next(long patienceMs) throws StoppedException {
    try {
      @Nullable Event event = events.poll(patienceMs, TimeUnit.MILLISECONDS);
      return event == null ? new Event(SILENT, "", null) : event;
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
  }

  /** Lets go of the process, which need not be there any more. */
  void close() {
    try {
      context.unbindService(this);
    } catch (IllegalArgumentException error) {
      return; // it was never bound
    }
  }

  @Override
  public void onServiceConnected(ComponentName name, IBinder binder) {
    events.add(new Event(CONNECTED, "", binder));
  }

  @Override
  public void onServiceDisconnected(ComponentName name) {
    add(DIED);
  }

  @Override
  public void onBindingDied(ComponentName name) {
    add(DIED);
  }

  @Override
  public void binderDied() {
    add(DIED);
  }

  @Override
  public boolean handleMessage(Message message) {
    if (message.what == TrialMessages.STARTED) {
      process = message.arg1;
    }
    boolean says = message.what == TrialMessages.REFUSED || message.what == TrialMessages.FAILED;
    events.add(new Event(Math.max(0, message.what), says ? TrialMessages.why(message) : "", null));
    return true;
  }

  private void add(int what) {
    events.add(new Event(what, "", null));
  }
}
