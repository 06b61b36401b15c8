package fedexclient;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import android.app.job.JobScheduler;
import android.content.Context;
import android.net.Uri;
import com.example.people.App;
import com.example.people.People;
import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.recognise.ModelRuntime;
import fedexclient.recognise.ScriptedRecognizer;
import fedexclient.service.Stop;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.Test;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.annotation.Config;

/** What the page of this library tells an embedder to write, as it stands there. */
@Config(application = App.class)
public final class ReadmeTest extends FedexTestCase {
  private static final Path ROOT = Paths.get(System.getProperty("fedex.root"));
  private static final Path CODE = ROOT.resolve("android/client/src/test/java/com/example/people");
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  private static final byte RED = 0x7f;

  /** Of two labels, one is as likely as a half at least. */
  @Override
  DeviceBundle copyBundle() throws Exception {
    super.copyBundle();
    Path document = bundleFolder.resolve("bundle.json");
    Files.writeString(document, Files.readString(document).replace("\"threshold\":0.5", "\"threshold\":0.6"));
    return DeviceBundle.read(new BundleFolder(bundleFolder.toFile()));
  }

  /** What runs the models: whoever begins with a pixel of one red is a stranger. */
  @Override
  ModelRuntime runtime() {
    float[] known = bundle.goldenFeature();
    return ScriptedRecognizer.runtime(first -> first == RED ? new float[known.length] : known.clone());
  }

  @Test
  public void its_code_is_what_is_compiled_here() throws Exception {
    List<String> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(Files.readString(ROOT.resolve("android/README.md")));
    while (matcher.find()) {
      blocks.add(matcher.group(1));
    }
    assertEquals(Arrays.asList(code("App.java"), code("People.java")), blocks);
  }

  private static String code(String name) throws Exception {
    return Files.readString(CODE.resolve(name));
  }

  @Test
  public void its_app_has_its_jobs_from_its_start_on_and_they_end_well_before_it_joined_anything() {
    App app = (App) RuntimeEnvironment.getApplication();
    JobScheduler scheduler = app.getSystemService(JobScheduler.class);
    assertEquals(1, scheduler.getAllPendingJobs().size());
    assertTrue(app.syncOnce(new Stop()) > 1);
    assertNotNull(app.fedex());
  }

  @Test
  public void its_people_are_named_and_corrected_and_sent_and_strangers_are_named_nobody() throws Exception {
    List<@Nullable String> named = new ArrayList<>();
    look(photo(0), name -> {
      named.add(name);
      return "Ada";
    });
    look(photo(RED << 16), name -> {
      named.add(name);
      return "Bob";
    });
    look(photo(1), name -> null);
    assertEquals(Arrays.asList(bundle.labels().get(0), null), named);
    People.join(fedex, service.invitation().encode());
    assertEquals(2, push().samples());
  }

  private interface User {
    @Nullable String hear(@Nullable String name);
  }

  private void look(byte[] photo, User user) throws Exception {
    Context app = RuntimeEnvironment.getApplication();
    Uri uri = Uri.parse("content://photos/1");
    Shadows.shadowOf(app.getContentResolver()).registerInputStream(uri, new ByteArrayInputStream(photo));
    People.look(app, fedex, uri, (face, name) -> user.hear(name));
  }
}
