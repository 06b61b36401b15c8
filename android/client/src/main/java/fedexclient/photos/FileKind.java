package fedexclient.photos;

import fedexclient.recognise.PhotoException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What a file is, by its first bytes; what is no photo of a kind that is taken is refused by its name. */
enum FileKind {
  JPEG("\u00ff\u00d8\u00ff"),
  PNG("\u0089PNG\r\n\u001a\n"),
  WEBP("RIFF.{4}WEBP"),
  GIF("GIF8[79]a"),
  BMP("BM"),
  HEIC(".{4}ftyp");

  private static final String TAKEN = "expected a photo (JPEG, PNG, WebP, GIF, BMP, HEIC), got ";
  private static final List<String> HEIC_BRANDS =
      Arrays.asList("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1");
  private static final List<String> AVIF_BRANDS = Arrays.asList("avif", "avis");
  private static final int LOOKED_AT = 4096;
  private static final int BRANDS = 64;
  private static final Map<Pattern, String> OTHERS = others();

  private final Pattern start;

  FileKind(String start) {
    this.start = Pattern.compile(start, Pattern.DOTALL);
  }

  private static Map<Pattern, String> others() {
    Map<Pattern, String> kinds = new LinkedHashMap<>();
    put(kinds, "(II\\*\0.{4}CR|IIRO|IIRS|IIU\0|FUJIFILMCCD-RAW|\0MRM|FOVb)", "a camera's raw photo");
    put(kinds, "(II[*+]\0|MM\0[*+])", "a TIFF file or a camera's raw photo");
    put(kinds, "%PDF", "a PDF document");
    put(kinds, "(%!PS|\u00c5\u00d0\u00d3\u00c6)", "a PostScript file");
    put(kinds, "8BPS", "a Photoshop file");
    put(kinds, "(\u00ff\n|\0\0\0\fJXL )", "a JPEG XL photo");
    put(kinds, "(\u00ff\u004f\u00ff\u0051|\0\0\0\fjP  )", "a JPEG 2000 photo");
    put(kinds, "(\0\0[\u0002\u0003\n\u000b]\0{5}(?!\0{8})|\0\u0001[\u0001\t]\0\0..[\u000f\u0010\u0018 ])",
        "a Targa picture");
    put(kinds, "\0\0[\u0001\u0002]\0", "an icon");
    put(kinds, "(\u001aE\u00df\u00a3|RIFF.{4}AVI |\0\0\u0001[\u00b3\u00ba]|FLV\u0001|0&\u00b2u\u008ef\u00cf\u0011)",
        "a video");
    put(kinds, "(RIFF.{4}WAVE|ID3|OggS|fLaC|\u00ff[\u00f2\u00f3\u00fb])", "a sound");
    put(kinds, "(PK\u0003\u0004|7z\u00bc\u00af|Rar!|\u001f\u008b|BZh|\u00fd7zXZ)", "an archive");
    put(kinds, "\u0093NUMPY", "a tensor (.npy)");
    put(kinds, "version https://git-lfs", "a Git LFS pointer");
    put(kinds, "P[1-7][ \t\r\n#]", "a PPM picture");
    put(kinds, "\\s*(<\\?xml.{0,400}?|<!--.{0,400}?-->\\s*)?(<!DOCTYPE svg.{0,400}?)?<svg\\b", "an SVG drawing");
    put(kinds, "\\s*<(!doctype html|html)\\b", "a web page");
    put(kinds, "\0{16}", "a file of zeros");
    return kinds;
  }

  private static void put(Map<Pattern, String> kinds, String start, String name) {
    kinds.put(Pattern.compile(start, Pattern.DOTALL | Pattern.CASE_INSENSITIVE), name);
  }

  /** Tells the kind of a photo; no byte but the first 4096 counts. */
  static FileKind of(byte[] file) throws PhotoException {
    String start = new String(file, 0, Math.min(LOOKED_AT, file.length), StandardCharsets.ISO_8859_1);
    for (FileKind kind : values()) {
      if (kind.start.matcher(start).lookingAt()) {
        return kind == HEIC ? heic(start) : kind;
      }
    }
    throw refused(nameOf(start));
  }

  /** Judges by the main brand, then by those it says it also keeps to (ISO 14496-12); what is left holds film. */
  private static FileKind heic(String start) throws PhotoException {
    boolean isHeic = false;
    for (int at = 8; at + 4 <= Math.min(start.length(), boxLength(start)); at += at == 8 ? 8 : 4) {
      String brand = start.substring(at, at + 4);
      if (AVIF_BRANDS.contains(brand)) {
        throw refused("an AVIF photo");
      }
      isHeic = isHeic || HEIC_BRANDS.contains(brand);
    }
    if (isHeic) {
      return HEIC;
    }
    throw refused(start.startsWith("crx ", 8) ? "a camera's raw photo" : "a video");
  }

  private static long boxLength(String start) {
    long length = 0;
    for (int at = 0; at < 4; at++) {
      length = length << 8 | start.charAt(at);
    }
    return Math.min(length, BRANDS);
  }

  private static String nameOf(String start) {
    if (start.isEmpty()) {
      return "an empty file";
    }
    String unmarked = start.startsWith("\u00ef\u00bb\u00bf") ? start.substring(3) : start;
    for (Map.Entry<Pattern, String> kind : OTHERS.entrySet()) {
      if (kind.getKey().matcher(unmarked).lookingAt()) {
        return kind.getValue();
      }
    }
    return "something else";
  }

  private static PhotoException refused(String got) {
    return new PhotoException("photo: " + TAKEN + got);
  }
}
