package fedexclient.recognise;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a photo's file how it is to be turned: the orientation in the EXIF of a JPEG, PNG or WebP.
 *
 * <pre>
 * JPEG   FF D8, then segments: FF, marker, length of 16 bits, big-endian; EXIF in APP1, after "Exif", 0, 0
 * PNG    signature, then chunks: length of 32 bits, big-endian, name, data, checksum; EXIF in eXIf
 * WebP   "RIFF", length, "WEBP", then chunks: name, length of 32 bits, little-endian, data, even; EXIF in EXIF
 * EXIF   "II" or "MM" (byte order), 42, where the first directory is: count, then entries of 12 bytes, by their tags
 * </pre>
 *
 * <p>For decoders that leave photos as they are stored, as Android's {@code BitmapFactory} does; its {@code
 * ImageDecoder} turns them itself. What cannot be read says nothing about the pixels, which count as upright then.
 */
public final class ExifOrientation {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final byte[] INTRODUCTION = {'E', 'x', 'i', 'f', 0, 0};
  private static final int JPEG_START = 0xffd8;
  private static final int APP1 = 0xe1;
  private static final int FIRST_SCAN = 0xda;
  private static final int ENTRY_BYTES = 12;
  private static final int TAG = 0x0112;
  private static final int SHORT = 3;
  private static final int LONG = 4;

  private ExifOrientation() {}

  /** The orientation that a photo's file states; upright where it states none. */
  public static Orientation of(byte[] file) {
    ByteBuffer data = ByteBuffer.wrap(file);
    @Nullable ByteBuffer exif = null;
    if (startsWith(data, PNG)) {
      exif = inPng(data);
    } else if (data.remaining() >= 2 && (data.getShort(0) & 0xffff) == JPEG_START) {
      exif = inJpeg(data);
    } else if (isWebp(data)) {
      exif = inWebp(data);
    }
    return exif == null ? Orientation.UPRIGHT : Orientation.ofExif(number(exif));
  }

  private static boolean startsWith(ByteBuffer data, byte[] start) {
    return data.remaining() >= start.length && part(data, data.position(), start.length).equals(ByteBuffer.wrap(start));
  }

  /** A part of some data, with a byte order and a position of its own. */
  private static ByteBuffer part(ByteBuffer data, int start, int length) {
    ByteBuffer part = data.duplicate();
    Buffer bounds = part; // whose methods Android 8 has
    bounds.position(start);
    bounds.limit(start + length);
    return part.slice();
  }

  private static boolean isWebp(ByteBuffer data) {
    return data.remaining() >= 12 && name(data, 0).equals("RIFF") && name(data, 8).equals("WEBP");
  }

  private static String name(ByteBuffer data, int start) {
    byte[] name = new byte[4];
    part(data, start, 4).get(name);
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private static @Nullable ByteBuffer inPng(ByteBuffer data) {
    return inChunks(data, PNG.length, "eXIf", 4, 0, 4);
  }

  private static @Nullable ByteBuffer inWebp(ByteBuffer data) {
    @Nullable ByteBuffer exif = inChunks(data.duplicate().order(ByteOrder.LITTLE_ENDIAN), 12, "EXIF", 0, 4, 0);
    return exif == null || !startsWith(exif, INTRODUCTION) ? exif : behindIntroduction(exif);
  }

  private static ByteBuffer behindIntroduction(ByteBuffer exif) {
    return part(exif, INTRODUCTION.length, exif.remaining() - INTRODUCTION.length);
  }

  /** Looks for a chunk by its name, whose place in its head, as that of the length, is given. */
  private static @Nullable ByteBuffer inChunks(
      ByteBuffer data, int first, String wanted, int nameAt, int lengthAt, int tail) {
    long start = first;
    while (start + 8 <= data.limit()) {
      long length = data.getInt((int) start + lengthAt) & 0xffffffffL;
      long end = start + 8 + length;
      if (name(data, (int) start + nameAt).equals(wanted)) {
        return end <= data.limit() ? part(data, (int) start + 8, (int) length) : null;
      }
      start = end + tail + (tail == 0 ? length & 1 : 0); // without a checksum, chunks are padded to even lengths
    }
    return null;
  }

  private static @Nullable ByteBuffer inJpeg(ByteBuffer data) {
    int start = 2;
    while (start + 4 <= data.limit() && (data.get(start) & 0xff) == 0xff) {
      int marker = data.get(start + 1) & 0xff;
      if (marker == 0xff) { // filling
        start++;
        continue;
      }
      int length = data.getShort(start + 2) & 0xffff;
      if (marker == FIRST_SCAN || length < 2 || start + 2 + length > data.limit()) {
        return null;
      }
      ByteBuffer content = part(data, start + 4, length - 2);
      if (marker == APP1 && startsWith(content, INTRODUCTION)) {
        return behindIntroduction(content);
      }
      start += 2 + length;
    }
    return null;
  }

  /** The number in the first directory; 0 where there is none that can be read. */
  private static int number(ByteBuffer exif) {
    if (exif.remaining() < 8 || !Arrays.asList("II*\0", "MM\0*").contains(name(exif, 0))) {
      return 0;
    }
    exif.order(exif.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long start = exif.getInt(4) & 0xffffffffL;
    if (start + 2 > exif.limit()) {
      return 0;
    }
    int count = exif.getShort((int) start) & 0xffff;
    for (int entry = 0; entry < count; entry++) {
      long at = start + 2 + (long) entry * ENTRY_BYTES;
      if (at + ENTRY_BYTES > exif.limit()) {
        return 0;
      }
      if ((exif.getShort((int) at) & 0xffff) == TAG) {
        return value(exif, (int) at);
      }
    }
    return 0;
  }

  private static int value(ByteBuffer exif, int entry) {
    switch (exif.getShort(entry + 2)) {
      case SHORT:
        return exif.getShort(entry + 8) & 0xffff;
      case LONG:
        return exif.getInt(entry + 8);
      default:
        return 0;
    }
  }
}
