package fedexclient.recognise;

import fedexclient.storage.Uninterrupted;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Where the models of a bundle are, so that they are mapped into memory and not read. */
public interface ModelSource {
  /** Maps the file of that name in the bundle. */
  ByteBuffer map(String name) throws IOException;

  /** A bundle that lies in a folder. */
  static ModelSource folder(File folder) {
    return name -> map(new File(folder, name));
  }

  /** Maps a whole file. */
  static ByteBuffer map(File file) throws IOException {
    return Uninterrupted.run(() -> {
      try (FileInputStream stream = new FileInputStream(file)) {
        return map(stream, 0, stream.getChannel().size());
      }
    });
  }

  /**
   * Maps a part of a file, as an asset is one of the APK where it is stored and not deflated: what its
   * {@code AssetFileDescriptor} says as input stream, start offset and length.
   */
  static ByteBuffer map(FileInputStream file, long offset, long length) throws IOException {
    return file.getChannel().map(FileChannel.MapMode.READ_ONLY, offset, length);
  }
}
