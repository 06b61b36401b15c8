package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the markers of a JPEG say of its scans, up to the first end or that of the file (ITU-T T.81, annex B).
 *
 * <p>Each component has 64 coefficients; a progressive photo sends them, bit by bit, in several scans.
 */
final class JpegScans {
  private static final int COEFFICIENTS = 64;
  private static final int NOT_SENT = -1;
  private static final int SCAN = 0xda;
  private static final int RESTARTS = 0xdd;
  private static final int END = 0xd9;

  private final byte[] data;
  private final Map<Integer, Component> components = new LinkedHashMap<>();
  private int width;
  private int height;
  private int interval;
  private int componentsOfLastScan;
  private int firstOfLastScan;
  private int lastScanAt;
  private boolean isProgressive;
  private boolean hasEnd;

  private JpegScans(byte[] data) {
    this.data = data;
  }

  static JpegScans of(byte[] data) throws PhotoException {
    JpegScans scans = new JpegScans(data);
    try {
      scans.read();
    } catch (IndexOutOfBoundsException error) {
      throw PhotoFile.damaged("its markers are not those of a JPEG");
    }
    return scans;
  }

  boolean isProgressive() {
    return isProgressive;
  }

  boolean hasEnd() {
    return hasEnd;
  }

  /** Whether all scans have begun that make it whole, and the last one has as many restarts as it needs. */
  boolean lackOnlyTheEnd() {
    for (Component component : components.values()) {
      for (int missing : component.missingBits) {
        if (missing != 0) {
          return false;
        }
      }
    }
    return componentsOfLastScan > 0 && restarts() >= restartsNeeded();
  }

  private void read() {
    int at = 2;
    while ((at = nextMarker(at)) + 4 <= data.length && !hasEnd) {
      int content = at + 4;
      int end = at + 2 + number(at + 2);
      if (isFrame(data[at + 1] & 0xff)) {
        readFrame(data[at + 1] & 0xff, content);
      } else if ((data[at + 1] & 0xff) == RESTARTS) {
        interval = number(content);
      } else if ((data[at + 1] & 0xff) == SCAN) {
        readScan(content, end);
      }
      at = end;
    }
  }

  private int number(int at) {
    return (data[at] & 0xff) << 8 | data[at + 1] & 0xff;
  }

  /** Finds the next marker that begins a segment; those inside of a scan, and stuffed bytes, are passed over. */
  private int nextMarker(int start) {
    for (int at = start; at + 1 < data.length; at++) {
      int marker = data[at + 1] & 0xff;
      if (data[at] == (byte) 0xff && marker > 0x01 && marker < 0xff && !isRestart(marker)) {
        hasEnd = marker == END;
        return at;
      }
    }
    return data.length;
  }

  private static boolean isRestart(int marker) {
    return marker >= 0xd0 && marker < 0xd8;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private void readFrame(int marker, int content) {
    isProgressive = (marker & 3) == 2;
    height = number(content + 1);
    width = number(content + 3);
    components.clear();
    for (int index = 0; index < data[content + 5]; index++) {
      int at = content + 6 + 3 * index;
      components.put(data[at] & 0xff, new Component((data[at + 1] & 0xff) >> 4, data[at + 1] & 15));
    }
  }

  private void readScan(int content, int end) {
    componentsOfLastScan = data[content];
    firstOfLastScan = data[content + 1] & 0xff;
    lastScanAt = end;
    int tail = content + 1 + 2 * componentsOfLastScan;
    int first = isProgressive ? data[tail] : 0;
    int last = isProgressive ? data[tail + 1] : COEFFICIENTS - 1;
    int low = isProgressive ? data[tail + 2] & 15 : 0;
    for (int index = 0; index < componentsOfLastScan; index++) {
      Component component = component(data[content + 1 + 2 * index] & 0xff);
      Arrays.fill(component.missingBits, Math.min(first, last + 1), last + 1, low);
    }
  }

  private Component component(int id) {
    Component component = components.get(id);
    if (component == null) {
      throw new IndexOutOfBoundsException("component");
    }
    return component;
  }

  /** One between any two intervals of units. */
  private long restartsNeeded() {
    if (interval == 0) {
      return 0;
    }
    int across = components.values().stream().mapToInt(one -> one.across).max().orElse(1);
    int down = components.values().stream().mapToInt(one -> one.down).max().orElse(1);
    long units;
    if (componentsOfLastScan == 1) { // not interleaved: a unit is one block of the component
      Component only = component(firstOfLastScan);
      units = up(up((long) width * only.across, across), 8) * up(up((long) height * only.down, down), 8);
    } else {
      units = up(width, 8L * across) * up(height, 8L * down);
    }
    return up(units, interval) - 1;
  }

  private long restarts() {
    long restarts = 0;
    for (int at = lastScanAt; at + 1 < data.length; at++) {
      restarts += data[at] == (byte) 0xff && isRestart(data[at + 1] & 0xff) ? 1 : 0;
    }
    return restarts;
  }

  private static long up(long number, long unit) {
    return (number + unit - 1) / unit;
  }

  private static final class Component {
    private final int across;
    private final int down;
    private final int[] missingBits = new int[COEFFICIENTS];

    Component(int across, int down) {
      if (across == 0 || down == 0) {
        throw new IndexOutOfBoundsException("sampling");
      }
      this.across = across;
      this.down = down;
      Arrays.fill(missingBits, NOT_SENT);
    }
  }
}
