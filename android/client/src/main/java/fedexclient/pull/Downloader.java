package fedexclient.pull;

import fedexclient.contract.ContractException;
import fedexclient.contract.FileRef;
import fedexclient.contract.Problem;
import fedexclient.heads.HeadObjects;
import fedexclient.service.ObjectStream;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.Stop;
import fedexclient.service.UnreachableException;
import fedexclient.storage.OwnFile;
import fedexclient.storage.StorageException;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.UntrustedException;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Fetches one object: continued where it stopped, bounded by its size, verified, then placed.
 *
 * <p>Whoever calls holds the lock of the store of heads.
 */
final class Downloader {
  private final Service service;
  private final HeadObjects objects;
  private final Stop stop;
  private final LongConsumer came;

  /**
   * Makes one of its parts.
   *
   * @param came is told how many bytes of the object are here, each time that some have come
   */
  Downloader(Service service, HeadObjects objects, Stop stop, LongConsumer came) {
    this.service = service;
    this.objects = objects;
    this.stop = stop;
    this.came = came;
  }

  /**
   * Makes sure that the object is in the store; returns how many bytes were downloaded for it.
   *
   * <p>A server that answers that the range begins behind the end, or with another range, is asked for all of it, as is
   * any server where a download that was continued is another object: what came before may have been the page of a
   * captive portal.
   *
   * @throws ServiceException as {@link Service#object}, or stopped; what has come stays for the next time
   * @throws HeadRefusedException what came is another object; it is thrown away
   * @throws StorageException there is no room, and what has come is thrown away; or the folder cannot be written
   */
  long fetch(FileRef reference) throws ServiceException, UntrustedException, StorageException {
    if (objects.has(reference)) {
      return 0;
    }
    Path partial = objects.partial(reference.sha256());
    try {
      long begin = begin(partial, reference);
      long size = begin < reference.size() ? download(partial, reference, begin) : 0;
      if (begin > 0 && !isRight(partial, reference)) {
        size += download(partial, reference, 0);
      }
      verify(partial, reference);
      objects.place(reference.sha256());
      return size;
    } catch (IOException error) {
      throw new StorageException(partial, error);
    }
  }

  /** How much of the object has come before; a file that is too long is not a part of it. */
  private static long begin(Path partial, FileRef reference) throws IOException {
    long size = Files.exists(partial) ? Files.size(partial) : 0;
    if (size > reference.size()) {
      Files.delete(partial);
      return 0;
    }
    return size;
  }

  private long download(Path partial, FileRef reference, long begin)
      throws ServiceException, UntrustedException, StorageException, IOException {
    long size;
    try (ObjectStream stream = ask(reference, begin)) {
      size = append(partial, reference, stream);
    } catch (IOException error) {
      Files.deleteIfExists(partial); // a full disk is no place for half a head
      throw error;
    }
    long total = Files.size(partial);
    if (total < reference.size()) {
      String message = "object " + reference.sha256() + ": expected " + reference.size() + " bytes, got " + total
          + " so far";
      throw new UnreachableException(message, new EOFException(message));
    }
    return size;
  }

  private ObjectStream ask(FileRef reference, long begin) throws ServiceException, UntrustedException {
    try {
      return service.object(reference, begin);
    } catch (RefusedException refused) {
      if (begin == 0 || refused.problem() != Problem.RANGE_NOT_SATISFIABLE) {
        throw refused;
      }
    } catch (ProtocolViolationException violation) {
      if (begin == 0) {
        throw violation; // otherwise a proxy that spoils ranges would keep it from ever being whole
      }
    }
    stop.check();
    return service.object(reference, 0);
  }

  /** Writes a stream behind the bytes that are there, and flushes it even if it breaks off. */
  private long append(Path partial, FileRef reference, ObjectStream stream)
      throws ServiceException, UntrustedException, StorageException, IOException {
    new OwnFile(partial).make();
    // No channel: that closes, and what has come is not flushed, where the thread is interrupted.
    try (RandomAccessFile file = new RandomAccessFile(partial.toFile(), "rw")) {
      if (stream.begin() < 0 || stream.begin() > file.length()) {
        throw new ProtocolViolationException("object " + reference.sha256() + ": expected bytes from " + file.length()
            + " at most, got them from " + stream.begin());
      }
      file.setLength(stream.begin());
      file.seek(stream.begin());
      try {
        return write(file, reference, stream);
      } finally {
        file.getFD().sync();
      }
    }
  }

  private long write(RandomAccessFile file, FileRef reference, ObjectStream stream)
      throws ServiceException, UntrustedException, IOException {
    long written = 0;
    for (byte[] chunk = stream.next(); chunk != null; chunk = stream.next()) {
      stop.check();
      if (chunk.length > reference.size() - file.getFilePointer()) {
        throw new ProtocolViolationException(
            "object " + reference.sha256() + ": expected at most " + reference.size() + " bytes, got more");
      }
      file.write(chunk);
      written += chunk.length;
      came.accept(file.getFilePointer());
    }
    return written;
  }

  private static boolean isRight(Path partial, FileRef reference) throws IOException {
    try {
      HeadObjects.check(partial, reference);
      return true;
    } catch (ContractException error) {
      return false;
    }
  }

  private static void verify(Path partial, FileRef reference) throws HeadRefusedException, IOException {
    try {
      HeadObjects.check(partial, reference);
    } catch (ContractException error) {
      Files.deleteIfExists(partial);
      throw new HeadRefusedException("object " + reference.sha256() + ": " + error.getMessage());
    }
  }
}
