package fedexapp.session;

import org.jspecify.annotations.Nullable;

/** How far a task is. */
public final class TaskState {
  static final TaskState NONE = new TaskState(false, false, null);
  static final TaskState RUNNING = new TaskState(true, false, null);
  static final TaskState DONE = new TaskState(false, true, null);

  private final boolean isRunning;
  private final boolean isDone;
  private final @Nullable Exception failure;

  private TaskState(boolean isRunning, boolean isDone, @Nullable Exception failure) {
    this.isRunning = isRunning;
    this.isDone = isDone;
    this.failure = failure;
  }

  static TaskState failed(Exception error) {
    return new TaskState(false, false, error);
  }

  public boolean isRunning() {
    return isRunning;
  }

  /** Whether it ended well, and nobody took notice yet. */
  public boolean isDone() {
    return isDone;
  }

  /** Why it did not end well; null: it did, or has not ended, or was not begun. */
  public @Nullable Exception failure() {
    return failure;
  }
}
