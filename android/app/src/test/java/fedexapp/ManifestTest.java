package fedexapp;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.ComponentName;
import android.content.Intent;
import android.content.pm.ActivityInfo;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.net.Uri;
import fedexapp.learner.Learner;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class ManifestTest extends ScreenTestCase {
  private static PackageInfo read(int what) throws Exception {
    return app().getPackageManager().getPackageInfo(app().getPackageName(), what);
  }

  private static Document xml(String file) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(new File(System.getProperty("fedex.app"), "src/" + file));
  }

  @Test
  public void threePermissionsAreAskedForAndNoOther() throws Exception {
    String[] asked = read(PackageManager.GET_PERMISSIONS).requestedPermissions;
    Arrays.sort(asked);
    assertArrayEquals(new String[] {"android.permission.ACCESS_NETWORK_STATE", "android.permission.INTERNET",
        "android.permission.RECEIVE_BOOT_COMPLETED"}, asked);
  }

  @Test
  public void onlyTheFirstScreenAndThatForInvitationsAreOpenToOtherApps() throws Exception {
    Set<String> exported = new TreeSet<>();
    for (ActivityInfo activity : read(PackageManager.GET_ACTIVITIES).activities) {
      if (activity.exported) {
        exported.add(activity.name);
      }
    }
    assertEquals(new TreeSet<>(Arrays.asList("fedexapp.EnrolActivity", "fedexapp.PhotosActivity")), exported);
    assertFalse(read(PackageManager.GET_PROVIDERS).providers[0].exported);
    assertTrue(read(PackageManager.GET_PROVIDERS).providers[0].grantUriPermissions);
  }

  @Test
  public void aLinkOfAnInvitationOpensItsScreen() {
    Intent link = new Intent(Intent.ACTION_VIEW, Uri.parse("fedex://enrol?v=1")).addCategory(Intent.CATEGORY_BROWSABLE)
        .setPackage(app().getPackageName());
    ComponentName opened = link.resolveActivity(app().getPackageManager());
    assertEquals(new ComponentName(app(), EnrolActivity.class), opened);
  }

  @Test
  public void nothingIsBackedUpAndNativeLibrariesAreMappedFromThePackage() throws Exception {
    int flags = app().getApplicationInfo().flags;
    assertEquals(0, flags & ApplicationInfo.FLAG_ALLOW_BACKUP);
    assertEquals(0, flags & ApplicationInfo.FLAG_EXTRACT_NATIVE_LIBS);
    assertEquals(0, flags & ApplicationInfo.FLAG_USES_CLEARTEXT_TRAFFIC);
    assertEquals(35, app().getApplicationInfo().targetSdkVersion);
    assertEquals(26, app().getApplicationInfo().minSdkVersion);
  }

  @Test
  public void everyPlaceOfDataIsKeptFromBackupsAndFromAnotherPhone() throws Exception {
    Set<String> places = new TreeSet<>(Arrays.asList("root", "file", "database", "sharedpref", "external"));
    assertEquals(places, excluded(xml("main/res/xml/full_backup.xml").getDocumentElement()));
    Document rules = xml("main/res/xml/data_extraction.xml");
    assertEquals(places, excluded((Element) rules.getElementsByTagName("cloud-backup").item(0)));
    assertEquals(places, excluded((Element) rules.getElementsByTagName("device-transfer").item(0)));
  }

  private static Set<String> excluded(Element rules) {
    NodeList nodes = rules.getElementsByTagName("exclude");
    Set<String> domains = new TreeSet<>();
    for (int index = 0; index < nodes.getLength(); index++) {
      domains.add(((Element) nodes.item(index)).getAttribute("domain"));
    }
    return domains;
  }

  @Test
  public void withoutTlsTheNetworkIsForDebuggingAlone() throws Exception {
    assertEquals("false", cleartext("main"));
    assertEquals("true", cleartext("debug"));
  }

  private static String cleartext(String build) throws Exception {
    NodeList all = xml(build + "/res/xml/network_security.xml").getElementsByTagName("*");
    assertEquals("no exception for a domain", 2, all.getLength());
    return ((Element) all.item(1)).getAttribute("cleartextTrafficPermitted");
  }

  @Test
  public void theOnlyLearnerOfTheAppIsTheLibrarys() throws Exception {
    Path classes = Paths.get(System.getProperty("fedex.classes"));
    List<String> learners = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) files.filter(path -> path.toString().endsWith(".class"))::iterator) {
        String name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
        Class<?> type = Class.forName(name, false, getClass().getClassLoader());
        if (Learner.class.isAssignableFrom(type) && !type.isInterface()) {
          learners.add(type.getSimpleName());
        }
      }
    }
    assertEquals(Arrays.asList("FedexLearner"), learners);
  }
}
