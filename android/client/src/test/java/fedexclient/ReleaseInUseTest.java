package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;

import fedexclient.contract.Sha256;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadStore;
import fedexclient.heads.HeadStory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public final class ReleaseInUseTest {
  private static final long INSTALLED_MS = 1_700_000_000_000L;

  @Rule public final TemporaryFolder temporary = new TemporaryFolder();

  private HeadStore heads;
  private String space;

  @Before
  public void open() throws Exception {
    heads = new HeadStore(temporary.getRoot().toPath().resolve("heads"));
    heads.install().close();
    HeadEntry entry = HeadStory.add(heads, 7, HeadStory.ONE);
    heads.swap(entry);
    space = heads.manifest(entry).space();
    Files.setLastModifiedTime(object(HeadStory.ONE), FileTime.fromMillis(INSTALLED_MS));
  }

  private Path object(byte[] data) throws Exception {
    return heads.objects().object(Sha256.hex(data));
  }

  private void renew(int serial) throws Exception {
    String envelope = heads.objects().add(HeadStory.envelope(serial, HeadStory.ONE));
    heads.renew(heads.entries().get(0).renewed(envelope, ""));
  }

  /** The date once was that of the newest document, and jumped at each renewal. */
  @Test
  public void a_head_whose_release_is_renewed_is_in_use_since_it_came() throws Exception {
    renew(8);
    ReleaseInUse release = ReleaseInUse.find(heads, space);
    assertEquals(8, release.serial());
    assertEquals(Long.valueOf(INSTALLED_MS), release.sinceMs());
  }

  /** Each look once hashed the whole head, twice a tap. */
  @Test
  public void the_head_in_use_is_read_again_only_where_another_was_installed() throws Exception {
    ReleaseWatch watch = new ReleaseWatch(heads);
    ReleaseInUse first = watch.now(space);
    assertEquals(7, first.serial());
    assertSame(first, watch.now(space));
    renew(8);
    assertEquals(8, watch.now(space).serial());
    heads.forget();
    assertEquals(0, watch.now(space).serial());
  }

  /** A look that failed once counted until the next head was installed, while that answered which it had not found. */
  @Test
  public void a_head_that_could_not_be_read_is_looked_for_again() throws Exception {
    ReleaseWatch watch = new ReleaseWatch(heads);
    Path away = temporary.getRoot().toPath().resolve("away");
    Files.move(object(HeadStory.ONE), away);
    assertEquals(0, watch.now(space).serial());
    Files.move(away, object(HeadStory.ONE));
    assertEquals(7, watch.now(space).serial());
  }
}
