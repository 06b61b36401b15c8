package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;

import fedexclient.contract.Channel;
import fedexclient.contract.Codec;
import fedexclient.contract.Precision;
import fedexclient.push.UploadForm;
import fedexclient.service.Transport;
import fedexclient.sync.SyncPolicy;
import java.io.File;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

public final class FedexOptionsTest {
  private final FedexOptions options = FedexOptions.ofFolder(new File("bundle"), "app 1");

  @Test
  public void each_option_is_as_it_was_set_whatever_is_set_after_it() {
    UploadForm uploads = new UploadForm(Codec.FLOAT16, 2, 1000);
    Transport transport = Transport.standard().timingOutAfter(1);
    FedexOptions set = options.withChannel(Channel.LATEST).withHead(Precision.FLOAT32).withUploads(uploads)
        .withTransport(transport).withMaxUnfed(1).withTop(2).withThreads(4).withSyncJob(5);
    for (FedexOptions one : Arrays.asList(set, set.withSyncJob(5))) {
      assertSame(options.files(), one.files());
      assertSame(options.models(), one.models());
      assertEquals("app 1", one.app());
      assertEquals(Channel.LATEST, one.channel());
      assertEquals(Precision.FLOAT32, one.head());
      assertSame(uploads, one.uploads());
      assertSame(transport, one.transport());
      assertEquals(1, one.maxUnfed());
      assertEquals(2, one.top());
      assertEquals(4, one.threads());
      assertEquals(5, one.syncJob());
    }
    assertEquals("the first is what it was", 3, options.top());
  }

  /** Whoever adds one sets and reads it above. */
  @Test
  public void these_are_the_options() {
    TreeSet<String> names = Arrays.stream(FedexOptions.class.getDeclaredMethods()).map(method -> method.getName())
        .filter(name -> name.startsWith("with")).collect(Collectors.toCollection(TreeSet::new));
    assertEquals("[withChannel, withHead, withMaxUnfed, withSyncJob, withThreads, withTop, withTransport, withUploads]",
        names.toString());
  }

  /** They were taken, and ended the app later: no label at the first photo, a time-out of none for ever. */
  @Test
  public void a_number_that_cannot_be_is_refused_where_it_is_set() {
    assertRefused(() -> options.withTop(0));
    assertRefused(() -> options.withThreads(0));
    assertRefused(() -> options.withMaxUnfed(0));
    assertRefused(() -> options.withSyncJob(Integer.MAX_VALUE));
    assertRefused(() -> Transport.standard().timingOutAfter(0));
    assertRefused(() -> Transport.standard().timingOutAfter(-1));
    assertRefused(() -> new SyncPolicy(true, true, true, 0));
    assertRefused(() -> new UploadForm(Codec.INT4, 0, 1000));
  }

  private static void assertRefused(ThrowingRunnable set) {
    assertThrows(IllegalArgumentException.class, set);
  }
}
