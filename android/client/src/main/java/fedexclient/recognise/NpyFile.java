package fedexclient.recognise;

import fedexclient.contract.TensorInput;
import fedexclient.contract.TensorType;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a tensor from a file as {@code numpy.save} writes it, of format 1.0, in C order, little-endian.
 *
 * <pre>
 * 93 "NUMPY" 01 00 | length of the header, 16 bits, little-endian | header | values
 * header   {'descr': '&lt;i2', 'fortran_order': False, 'shape': (4000, 1), }, blanks, line feed
 * </pre>
 *
 * <p>Nothing is allocated by what the header says: it is compared with what the bundle takes. The Python device reads
 * other byte orders, axis orders and spellings too; a bundle's golden input has none of them.
 */
public final class NpyFile {
  private static final byte[] START = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int MAX_HEADER_BYTES = 10_000;
  private static final Pattern HEADER = Pattern.compile(
      "\\{'descr': '([<>|=][a-zA-Z][0-9]{1,3})', 'fortran_order': (True|False), "
      + "'shape': (\\([0-9, ]{0,200}\\)), \\} *\n");

  private NpyFile() {}

  /**
   * Reads a file to its end.
   *
   * @param input what the bundle takes
   * @return its values, in C order, little-endian; whether they are finite is not looked at
   * @throws TensorException no such file, of another dtype or shape, cut short, or with more in it
   */
  public static byte[] read(InputStream stream, TensorInput input) throws TensorException, IOException {
    DataInputStream file = new DataInputStream(stream);
    try {
      check(header(file, input), input);
      byte[] values = new byte[elements(input) * input.type().bytes()];
      file.readFully(values);
      if (file.read() >= 0) {
        throw new TensorException("tensor: expected " + values.length + " bytes of values, got more");
      }
      return values;
    } catch (EOFException error) {
      throw new TensorException("tensor: expected a .npy file, " + input + ", got one that is cut short");
    }
  }

  private static int elements(TensorInput input) {
    long elements = 1;
    for (long size : input.shape()) {
      elements *= size; // bounded, as it is an input
    }
    return Math.toIntExact(elements);
  }

  private static String header(DataInputStream file, TensorInput input) throws TensorException, IOException {
    byte[] start = new byte[START.length];
    file.readFully(start);
    if (!Arrays.equals(start, START)) {
      throw new TensorException("tensor: expected a .npy file of format 1.0, " + input + ", got something else");
    }
    int length = file.readUnsignedByte() | file.readUnsignedByte() << 8;
    if (length > MAX_HEADER_BYTES) {
      throw new TensorException("tensor: expected a header of at most " + MAX_HEADER_BYTES + " bytes, got " + length);
    }
    byte[] header = new byte[length];
    file.readFully(header);
    return new String(header, StandardCharsets.ISO_8859_1);
  }

  private static void check(String header, TensorInput input) throws TensorException {
    Matcher said = HEADER.matcher(header);
    if (!said.matches()) {
      throw new TensorException("tensor: expected a .npy file, " + input + ", got one with a damaged header");
    }
    String expected = dtype(input.type()) + " " + shape(input.shape()) + " in C order";
    String order = said.group(2).equals("True") ? "Fortran" : "C";
    String got = said.group(1) + " " + said.group(3) + " in " + order + " order";
    if (!got.equals(expected)) {
      throw new TensorException("tensor: expected " + expected + ", got " + got);
    }
  }

  /** As numpy names it: one byte has no order. */
  private static String dtype(TensorType type) {
    String order = type.bytes() == 1 ? "|" : "<";
    String kind = type == TensorType.FLOAT32 ? "f" : type == TensorType.UINT8 ? "u" : "i";
    return order + kind + type.bytes();
  }

  /** As Python writes a tuple. */
  private static String shape(List<Long> sizes) {
    StringBuilder tuple = new StringBuilder("(");
    for (Long size : sizes) {
      tuple.append(tuple.length() == 1 ? "" : ", ").append(size);
    }
    return tuple.append(sizes.size() == 1 ? ",)" : ")").toString();
  }
}
