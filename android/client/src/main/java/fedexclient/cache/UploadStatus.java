package fedexclient.cache;

import org.jspecify.annotations.Nullable;

/** One upload for people who look. */
public final class UploadStatus {
  private final String id;
  private final String space;
  private final String device;
  private final int samples;
  private final int size;
  private final UploadState state;
  private final @Nullable String problem;

  UploadStatus(String id, String space, String device, int samples, int size, UploadState state,
      @Nullable String problem) {
    this.id = id;
    this.space = space;
    this.device = device;
    this.samples = samples;
    this.size = size;
    this.state = state;
    this.problem = problem;
  }

  public String id() {
    return id;
  }

  public String space() {
    return space;
  }

  /** The id of the device that it was sealed as. */
  public String device() {
    return device;
  }

  public int samples() {
    return samples;
  }

  /** In bytes. */
  public int size() {
    return size;
  }

  public UploadState state() {
    return state;
  }

  /** What the service answered last, if it was not an acknowledgement. */
  public @Nullable String problem() {
    return problem;
  }
}
