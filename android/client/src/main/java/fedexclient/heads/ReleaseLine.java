package fedexclient.heads;

import fedexclient.contract.Manifest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One line of releases, in which serials only rise. */
public final class ReleaseLine {
  private final String group;
  private final String space;
  private final String channel;

  /**
   * Names a line.
   *
   * @param channel a {@link fedexclient.contract.Channel}'s name, or that of one of a later version
   */
  public ReleaseLine(String group, String space, String channel) {
    this.group = group;
    this.space = space;
    this.channel = channel;
  }

  /** The line that a release belongs to. */
  public static ReleaseLine of(Manifest manifest) {
    return new ReleaseLine(manifest.group(), manifest.space(), manifest.channel().toString());
  }

  public String group() {
    return group;
  }

  public String space() {
    return space;
  }

  /** A {@link fedexclient.contract.Channel}'s name, or that of one of a later version. */
  public String channel() {
    return channel;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof ReleaseLine)) {
      return false;
    }
    ReleaseLine that = (ReleaseLine) other;
    return group.equals(that.group) && space.equals(that.space) && channel.equals(that.channel);
  }

  @Override
  public int hashCode() {
    return Objects.hash(group, space, channel);
  }

  @Override
  public String toString() {
    return group + ", " + space + ", " + channel;
  }
}
