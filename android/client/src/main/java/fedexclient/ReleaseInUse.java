package fedexclient;

import fedexclient.contract.Manifest;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadStore;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.InstalledHead;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The head that answers now, as far as its files tell: whoever recognises steps over one that does not run. */
public final class ReleaseInUse {
  private final @Nullable Manifest manifest;
  private final @Nullable Long sinceMs;
  private final @Nullable List<String> labels;

  private final boolean isWhole;

  private ReleaseInUse(
      @Nullable Manifest manifest, @Nullable Long sinceMs, @Nullable List<String> labels, boolean isWhole) {
    this.manifest = manifest;
    this.sinceMs = sinceMs;
    this.labels = labels;
    this.isWhole = isWhole;
  }

  private static ReleaseInUse bundled(boolean isWhole) {
    return new ReleaseInUse(null, null, null, isWhole);
  }

  /** Finds the newest installed head of a space that is whole; hashes it. */
  static ReleaseInUse find(HeadStore heads, String space) {
    try {
      return find(heads, heads.entries(), space);
    } catch (HeadDamagedException error) {
      return bundled(false); // nobody can say which are installed
    }
  }

  private static ReleaseInUse find(HeadStore heads, List<HeadEntry> entries, String space) {
    boolean isWhole = true;
    for (HeadEntry entry : entries) {
      if (entry.precision() == null) {
        break;
      }
      try {
        Manifest manifest = heads.manifest(entry);
        if (manifest.space().equals(space)) {
          InstalledHead head = heads.load(entry);
          return new ReleaseInUse(manifest, sinceMs(heads, head), head.labels(), isWhole);
        }
      } catch (HeadDamagedException error) {
        isWhole = false;
      }
    }
    return bundled(isWhole);
  }

  /** Its file came as it was installed first: a renewal of its release brings another envelope, and no other file. */
  private static @Nullable Long sinceMs(HeadStore heads, InstalledHead head) {
    try {
      return Files.getLastModifiedTime(heads.objects().object(head.file().file().sha256())).toMillis();
    } catch (IOException error) {
      return null;
    }
  }

  /** 0: the bundle's own head. */
  public long serial() {
    return manifest == null ? 0 : manifest.serial();
  }

  /** Since when it is in use here, Unix milliseconds by this phone's clock; null: from the beginning, or not known. */
  public @Nullable Long sinceMs() {
    return sinceMs;
  }

  /** From 0 to 1, on samples that were held out; null: it was not measured. */
  public @Nullable Double accuracy() {
    return manifest == null ? null : manifest.accuracy();
  }

  /** How many were held out. */
  public long measuredOn() {
    return manifest == null ? 0 : manifest.validationSamples();
  }

  /** Whether all that was looked at could be read: otherwise another look may find a newer one. */
  boolean isWhole() {
    return isWhole;
  }

  /** The labels that it knows; null: the bundle's. */
  @Nullable List<String> labels() {
    return labels;
  }
}
