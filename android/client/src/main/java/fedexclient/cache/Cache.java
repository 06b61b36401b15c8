package fedexclient.cache;

import fedexclient.contract.ImpossibleException;
import fedexclient.contract.SampleIds;
import java.io.File;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The open cache of one device: inferences, what computed them, the feedback on them, and the uploads made of that.
 *
 * <p>Every operation is one transaction; threads may share a cache, and wait for each other. Whatever is thrown, what
 * was asked for did not happen.
 */
public final class Cache implements AutoCloseable {
  /** Of the secret. */
  public static final int SECRET_BYTES = 32;

  private static final List<String> FORGOTTEN =
      Collections.unmodifiableList(Arrays.asList("feedback", "uploads", "inferences", "faces"));

  private static final Object OPENING = new Object();

  private final Database database;
  private final byte[] secret;
  private final InferenceTable inferences;
  private final FeedbackTable feedback;
  private final UploadTable uploads;
  private final SetupTable setups;

  private Cache(Database database, int maxUnfed) throws CacheException {
    this.database = database;
    this.secret = database.secret(randomBytes());
    inferences = new InferenceTable(database, sampleIds(database, secret), maxUnfed);
    feedback = new FeedbackTable(database);
    uploads = new UploadTable(database);
    setups = new SetupTable(database);
  }

  /**
   * Opens the cache, and makes it where there is none.
   *
   * <p>A file that is damaged is set aside, with its log, and a new one begun: {@link #setAside} says so. What was in
   * it and not sent is lost, and as the secret is another, a photo that comes again is another sample.
   *
   * @param file in storage that no backup takes ({@code Context.getNoBackupFilesDir}), and its folder where missing
   * @param maxUnfed how many inferences are kept whose feedback, if any, is acknowledged
   * @throws NewerCacheException it is of a later version, and was left alone
   * @throws CacheFullException there is no room for it
   * @throws CacheAccessException it cannot be read or written
   */
  public static Cache open(File file, int maxUnfed) throws CacheException {
    CacheFiles files = new CacheFiles(file);
    synchronized (OPENING) {
      if (files.isSuspect()) {
        files.setAside();
      }
      try {
        return open(files, maxUnfed);
      } catch (CacheDamagedException error) {
        files.setAside();
        return open(files, maxUnfed);
      }
    }
  }

  private static Cache open(CacheFiles files, int maxUnfed) throws CacheException {
    Database database = Database.open(files.file());
    try {
      return new Cache(database, maxUnfed);
    } catch (Throwable error) {
      database.close(); // nobody else can
      throw error;
    }
  }

  private static byte[] randomBytes() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  private static SampleIds sampleIds(Database database, byte[] secret) throws CacheException {
    try {
      return new SampleIds(secret);
    } catch (ImpossibleException error) {
      throw database.files().damaged("expected a secret of " + SECRET_BYTES + " bytes", error);
    }
  }

  /** The damaged file that was set aside last, by whichever process; null: there is none, or it was dropped. */
  public @Nullable File setAside() {
    return database.files().setAsideFile();
  }

  /** Deletes what was set aside as damaged. */
  public void dropSetAside() throws CacheException {
    database.files().dropSetAside();
  }

  /** Whether damage was met since this was opened: whoever opens the file again begins a new one. */
  public boolean isDamaged() {
    return database.files().isSuspect();
  }

  /** Random bytes that sample ids are made with; made once, never sent. */
  public byte[] secret() {
    return secret.clone();
  }

  public InferenceTable inferences() {
    return inferences;
  }

  public FeedbackTable feedback() {
    return feedback;
  }

  public UploadTable uploads() {
    return uploads;
  }

  public SetupTable setups() {
    return setups;
  }

  /**
   * Forgets every inference, face, feedback and upload, acknowledged or not; no number is ever given out again.
   *
   * <p>What was there is overwritten, and what was set aside as damaged is deleted. The secret stays: a photo that
   * comes again is the same sample.
   */
  public void forget() throws CacheException {
    database.clear(FORGOTTEN);
    database.files().dropSetAside();
  }

  /** The file. */
  public File file() {
    return database.files().file();
  }

  /** For tests that look into the file. */
  Database database() {
    return database;
  }

  /** Closes the file, after what another thread is doing with it; whatever is asked afterwards is refused. */
  @Override
  public void close() {
    database.close();
  }
}
