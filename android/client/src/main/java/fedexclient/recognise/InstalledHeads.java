package fedexclient.recognise;

import java.util.List;

/** The heads that are installed on this device, as whoever keeps them says it. */
public interface InstalledHeads {
  /** Tells one state of the heads from another: where heads were swapped it is not equal to the one before. Cheap. */
  Object stamp();

  /**
   * The heads that are kept, newest release first.
   *
   * @throws HeadDamagedException nobody can say which they are
   */
  List<Entry> newestFirst() throws HeadDamagedException;

  /** One release that was installed. */
  interface Entry {
    /** Whether that release says that the bundle's own head serves. */
    boolean isBundled();

    /**
     * Maps and reads what belongs to it; asked only where it brings a head.
     *
     * @throws HeadDamagedException it is not what was installed
     */
    InstalledHead load() throws HeadDamagedException;
  }
}
