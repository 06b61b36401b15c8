package fedexclient.recognise;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the head that serves: the newest installed one that works, or else the bundle's.
 *
 * <p>A head that is damaged is stepped over, with a warning; one of another space, as after another bundle was
 * installed, is passed over. Where the newest release says that the bundle's head serves, nothing else does. A swap of
 * the installed heads is noticed by its stamp.
 */
final class ServingHead implements AutoCloseable {
  private final BundleModels models;
  private final @Nullable InstalledHeads heads;
  private @Nullable Object stamp;
  private List<String> warnings = Collections.emptyList();
  private Head head;

  /**
   * Loads the head that serves.
   *
   * @param heads null: the bundle's head serves
   * @throws ModelRefusedException the bundle's head has to serve, and does not belong to the bundle
   */
  ServingHead(BundleModels models, @Nullable InstalledHeads heads) throws ModelRefusedException, IOException {
    this.models = models;
    this.heads = heads;
    this.stamp = heads == null ? null : heads.stamp();
    List<String> stepped = new ArrayList<>();
    this.head = load(stepped);
    this.warnings = Collections.unmodifiableList(stepped);
  }

  Head head() {
    return head;
  }

  /** What was stepped over for that head, and why. */
  List<String> warnings() {
    return warnings;
  }

  /** Takes the newest head that works if heads were swapped; where no head can be loaded, the one in use stays. */
  void refresh() {
    @Nullable Object now = heads == null ? null : heads.stamp();
    if (now == null || now.equals(stamp)) {
      return;
    }
    stamp = now;
    List<String> stepped = new ArrayList<>();
    try {
      Head next = load(stepped);
      head.close();
      head = next;
    } catch (ModelRefusedException | IOException error) {
      stepped.add("the head in use stays: " + error.getMessage());
    }
    warnings = Collections.unmodifiableList(stepped);
  }

  private Head load(List<String> stepped) throws ModelRefusedException, IOException {
    @Nullable Head newest = newestWorking(stepped);
    return newest == null ? models.bundledHead() : newest;
  }

  private @Nullable Head newestWorking(List<String> stepped) {
    for (InstalledHeads.Entry entry : entries(stepped)) {
      if (entry.isBundled()) {
        return null;
      }
      try {
        InstalledHead installed = entry.load();
        if (installed.manifest().space().equals(models.bundle().facts().space())) {
          return models.installedHead(installed);
        }
      } catch (HeadDamagedException | ModelRefusedException error) {
        stepped.add(error.getMessage());
      }
    }
    return null;
  }

  private List<InstalledHeads.Entry> entries(List<String> stepped) {
    try {
      return heads == null ? Collections.emptyList() : heads.newestFirst();
    } catch (HeadDamagedException error) {
      stepped.add(error.getMessage());
      return Collections.emptyList();
    }
  }

  @Override
  public void close() {
    head.close();
  }
}
