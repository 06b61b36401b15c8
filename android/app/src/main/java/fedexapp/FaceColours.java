package fedexapp;

/** By which colour a face's box and its card belong together; black is readable on each. */
final class FaceColours {
  private static final int[] COLOURS = {0xffffc94d, 0xff7fd6c2, 0xffff9e80, 0xff9fc5ff, 0xffe3a8ff, 0xffc6e377};

  private FaceColours() {}

  /** The colour of a face, counted from 0. */
  static int of(int face) {
    return COLOURS[face % COLOURS.length];
  }
}
