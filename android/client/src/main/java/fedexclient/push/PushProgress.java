package fedexclient.push;

import fedexclient.cache.UnsentCount;

/** How far a push has come. Feedback that is in no upload yet is not counted: how large it will be, nobody knows. */
public final class PushProgress {
  private final int uploadsDone;
  private final long bytesDone;
  private final UnsentCount waiting;

  PushProgress(int uploadsDone, long bytesDone, UnsentCount waiting) {
    this.uploadsDone = uploadsDone;
    this.bytesDone = bytesDone;
    this.waiting = waiting;
  }

  /** Uploads that the service acknowledged in this push. */
  public int uploadsDone() {
    return uploadsDone;
  }

  /** The bytes of these. */
  public long bytesDone() {
    return bytesDone;
  }

  /** Uploads that are known to wait, also those that this push cannot send. */
  public int uploadsWaiting() {
    return waiting.uploads();
  }

  /** The bytes of these. */
  public long bytesWaiting() {
    return waiting.bytes();
  }
}
