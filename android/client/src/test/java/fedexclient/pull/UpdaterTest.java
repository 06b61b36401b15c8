package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Channel;
import fedexclient.contract.Precision;
import fedexclient.contract.Problem;
import fedexclient.contract.PublicKey;
import fedexclient.contract.Sha256;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadStore;
import fedexclient.heads.ReleaseFloor;
import fedexclient.recognise.PlainRuntime;
import fedexclient.recognise.Serving;
import fedexclient.service.IdentityStore;
import fedexclient.service.KeystoreVault;
import fedexclient.service.RefusedException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.storage.StorageException;
import fedexclient.trust.ClockAheadException;
import fedexclient.trust.ExpiredException;
import fedexclient.trust.ForgedException;
import fedexclient.trust.MisplacedException;
import fedexclient.trust.ReplayedException;
import fedexclient.trust.Signer;
import fedexclient.trust.UntrustedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Judging, trying, swapping: what is wrong leaves what serves. Downloads have a test of their own. */
class UpdaterTest {
  private static final byte[] NO_MODEL = "operators of another time".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  private Scene scene;

  @BeforeEach
  void makeTheScene() throws Exception {
    scene = new Scene(folder);
  }

  private static PullReport report(PullOutcome outcome, long serial, long size) {
    return new PullReport(outcome, serial, size);
  }

  private <T extends Throwable> T refused(Class<T> kind) {
    return assertThrows(kind, scene::pull);
  }

  /** The head was installed after the enrolment had forgotten all heads, and served among strangers. */
  @Test
  void a_pull_for_whom_this_device_was_installs_nothing() throws Exception {
    scene.publish(scene.four, 1);
    Path garbled = Files.createDirectory(folder.resolve("garbled"));
    Files.write(garbled.resolve("identity.json"), NO_MODEL);
    List<WhoNow> others = List.of(
        () -> null, () -> Scene.identity("strangers"), () -> Scene.identity().forgettingHeads(true),
        new IdentityStore(garbled, new KeystoreVault("none"))::find);
    for (WhoNow other : others) {
      scene.who = other;
      assertThrows(TryLaterException.class, scene::pull);
      assertTrue(scene.heads.entries().isEmpty());
    }
    scene.who = Scene::identity;
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void a_better_head_is_installed_and_serves_what_runs_already() throws Exception {
    try (Serving running = scene.recognise()) {
      assertEquals(0, running.serial());
      Release release = scene.publish(scene.four, 1);
      long size = scene.four.length + release.labels.length;
      assertEquals(report(PullOutcome.INSTALLED, 1, size), scene.pull());
      running.refresh();
      assertEquals(1, running.serial());
      assertEquals(Scene.FOUR, running.labels());
      float[] golden = scene.bundle.golden();
      assertArrayEquals(Release.expected(golden, 4, 5), running.logits(golden));
    }
    assertEquals(1, scene.serving());
  }

  @Test
  void how_far_a_download_has_come_is_told_to_its_end() throws Exception {
    List<Long> told = new ArrayList<>();
    Release release = scene.publish(scene.four, 1);
    long total = scene.four.length + release.labels.length;
    scene.progress = (done, all) -> {
      assertEquals(total, all);
      told.add(done);
    };
    scene.pull();
    List<Long> rising = new ArrayList<>(new TreeSet<>(told));
    assertEquals(rising, told);
    assertEquals(total, told.get(told.size() - 1));
    told.clear();
    scene.pull();
    assertEquals(0, told.size());
  }

  @Test
  void nothing_new_is_asked_for_by_tag_and_downloads_nothing() throws Exception {
    scene.publish(scene.four, 1);
    scene.pull();
    scene.service.asked.clear();
    assertEquals(report(PullOutcome.UNCHANGED, 1, 0), scene.pull());
    String tag = StubService.tagOf(scene.service.releases.get(Channel.BEST));
    assertEquals(List.of("release " + tag), scene.service.asked);
  }

  @Test
  void the_same_release_under_another_tag_is_nothing_new() throws Exception {
    scene.publish(scene.four, 1);
    scene.pull();
    byte[] envelope = scene.service.releases.get(Channel.BEST);
    byte[] longer = Arrays.copyOf(envelope, envelope.length + 1);
    longer[envelope.length] = '\n';
    scene.service.releases.put(Channel.BEST, longer);
    scene.now = 2 * Release.EXPIRES;
    assertEquals(report(PullOutcome.UNCHANGED, 1, 0), scene.pull());
  }

  @Test
  void a_release_that_was_signed_anew_is_kept_and_nothing_is_downloaded_or_installed() throws Exception {
    scene.publish(scene.three, 1);
    scene.pull();
    Release release = scene.publish(scene.four, 2);
    scene.pull();
    HeadEntry older = scene.heads.entries().get(1);
    scene.service.asked.clear();
    for (long serial = 3; serial <= 4; serial++) {
      release.renewed(serial).publish(scene.service);
      assertEquals(report(PullOutcome.UNCHANGED, serial, 0), scene.pull());
    }
    assertEquals(2, scene.service.asked.size());
    assertEquals(report(PullOutcome.UNCHANGED, 4, 0), scene.pull());
    List<HeadEntry> entries = scene.heads.entries();
    assertEquals(4, scene.heads.manifest(entries.get(0)).serial());
    assertEquals(older, entries.get(1));
    assertEquals(6, scene.files().size());
    ReleaseFloor floor = scene.heads.floors().byLine().values().iterator().next();
    assertEquals(List.of(4L, release.manifest().issued()), List.of(floor.serial(), floor.issued()));
    assertEquals(4, scene.serving());
  }

  @Test
  void what_was_renewed_is_replayed_from_then_on() throws Exception {
    Release release = scene.publish(scene.four, 1);
    byte[] first = scene.service.releases.get(Channel.BEST);
    scene.pull();
    release.renewed(2).publish(scene.service);
    scene.pull();
    scene.service.releases.put(Channel.BEST, first);
    assertTrue(refused(ReplayedException.class).getMessage().contains("expected serial 2 or higher, got 1"));
  }

  @Test
  void a_phone_that_enrols_when_the_last_improvement_is_long_ago_gets_what_was_renewed() throws Exception {
    Release release = scene.publish(scene.four, 1);
    scene.now = Release.EXPIRES + 2 * 86_400;
    refused(ExpiredException.class);
    release.renewed(2).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  static Stream<Map<String, Object>> otherAnswers() {
    Map<String, Object> point = Map.of("threshold", 0.5, "known_ppm", 900_000, "strangers_ppm", 10_000);
    return Stream.of(Map.of("threshold", 0.25), Map.of("temperature", 2.0),
        Map.of("points", Map.of("strict", point, "balanced", point, "friendly", point)));
  }

  @ParameterizedTest
  @MethodSource("otherAnswers")
  void the_same_head_with_other_answers_is_installed_without_a_download(Map<String, Object> change) throws Exception {
    Release release = scene.publish(scene.four, 1);
    scene.pull();
    change.forEach(release::with);
    release.with("serial", 2).publish(scene.service);
    assertEquals(report(PullOutcome.INSTALLED, 2, 0), scene.pull());
  }

  @Test
  void the_same_head_with_other_labels_is_installed() throws Exception {
    scene.publish(scene.four, 1);
    scene.pull();
    Release release = scene.release(scene.four, 2, List.of("Ada", "Ben", "Cleo", "Dan")).publish(scene.service);
    assertEquals(report(PullOutcome.INSTALLED, 2, release.labels.length), scene.pull());
  }

  @Test
  void a_renewal_of_a_head_that_was_damaged_is_installed() throws Exception {
    Release release = scene.publish(scene.four, 1);
    scene.pull();
    Files.write(scene.object(scene.four), Arrays.copyOf(scene.four, 20));
    release.renewed(2).publish(scene.service);
    assertEquals(report(PullOutcome.INSTALLED, 2, scene.four.length), scene.pull());
  }

  @Test
  void no_release_yet_is_no_error_and_an_unknown_space_is() throws Exception {
    assertEquals(report(PullOutcome.NO_RELEASE, 0, 0), scene.pull());
    scene.service.refusal = Problem.UNKNOWN_SPACE;
    assertEquals(Problem.UNKNOWN_SPACE, refused(RefusedException.class).problem());
  }

  @Test
  void the_head_before_is_kept_and_older_ones_are_removed() throws Exception {
    byte[] one = PlainRuntime.model("head", 4, 1, 5);
    scene.publish(scene.three, 1);
    scene.pull();
    scene.publish(scene.four, 2);
    scene.pull();
    scene.release(one, 3, List.of("Ada")).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    Set<String> kept = scene.files();
    assertFalse(kept.contains(Sha256.hex(scene.three)));
    assertTrue(kept.containsAll(Set.of(Sha256.hex(scene.four), Sha256.hex(one))));
    assertEquals(6, kept.size());
  }

  @Test
  void a_precision_that_does_not_work_here_falls_back_to_the_next() throws Exception {
    scene.precision = Precision.DYNAMIC;
    scene.release(scene.four, 1, Scene.FOUR).offering(Map.of(Precision.FLOAT32, scene.four,
        Precision.FLOAT16, scene.three, Precision.DYNAMIC, NO_MODEL)).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    HeadEntry entry = scene.heads.entries().get(0);
    assertEquals(List.of(Precision.FLOAT32, Precision.DYNAMIC), List.of(entry.precision(), entry.wanted()));
    assertEquals(3, scene.files().size());
    assertEquals(0, scene.service.asked(scene.three));
  }

  @Test
  void the_head_that_was_fallen_back_to_is_renewed_without_another_try() throws Exception {
    scene.precision = Precision.DYNAMIC;
    Release release = scene.release(scene.four, 1, Scene.FOUR)
        .offering(Map.of(Precision.FLOAT32, scene.four, Precision.DYNAMIC, NO_MODEL)).publish(scene.service);
    scene.pull();
    scene.service.asked.clear();
    release.renewed(2).publish(scene.service);
    assertEquals(report(PullOutcome.UNCHANGED, 2, 0), scene.pull());
    assertEquals(1, scene.service.asked.size());
    release.renewed(3).offering(Map.of(Precision.FLOAT32, scene.four, Precision.DYNAMIC, scene.three))
        .publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  @Test
  void a_release_of_which_nothing_works_is_refused_and_downloaded_once() throws Exception {
    byte[] other = Arrays.copyOf(NO_MODEL, NO_MODEL.length + 1);
    scene.release(scene.four, 1, Scene.FOUR).offering(Map.of(Precision.FLOAT32, NO_MODEL, Precision.DYNAMIC, other))
        .publish(scene.service);
    String message = refused(HeadRefusedException.class).getMessage();
    assertTrue(message.matches("float32: new head: .*; dynamic: new head: .*"), message);
    scene.service.asked.clear();
    refused(HeadRefusedException.class);
    assertEquals(1, scene.service.asked.size());
    assertTrue(scene.heads.entries().isEmpty());
  }

  @Test
  void the_wanted_precision_is_taken_or_the_most_exact_one_there_is() throws Exception {
    byte[] other = Arrays.copyOf(scene.four, scene.four.length + 4);
    Arrays.fill(other, scene.four.length, other.length, (byte) ' ');
    Release release = scene.release(scene.four, 1, Scene.FOUR)
        .offering(Map.of(Precision.FLOAT32, scene.four, Precision.DYNAMIC, other)).publish(scene.service);
    scene.precision = Precision.DYNAMIC;
    scene.pull();
    assertEquals(Precision.DYNAMIC, scene.heads.entries().get(0).precision());
    release.with("serial", 2).publish(scene.service);
    scene.precision = Precision.FLOAT16;
    scene.pull();
    assertEquals(Precision.FLOAT32, scene.heads.entries().get(0).precision());
  }

  private void assertLeaves(long serial, Class<? extends Throwable> kind) throws Exception {
    Set<String> before = scene.files();
    refused(kind);
    assertEquals(before, scene.files());
    assertEquals(serial, scene.serving());
  }

  @Test
  void a_release_that_is_not_to_be_believed_leaves_the_head_that_serves() throws Exception {
    scene.publish(scene.four, 5);
    scene.pull();
    scene.publish(scene.three, 2);
    assertLeaves(5, ReplayedException.class);
    scene.release(scene.three, 9, Scene.THREE).with("group", "strangers").publish(scene.service);
    assertLeaves(5, MisplacedException.class);
    scene.release(scene.three, 9, Scene.THREE).with("issued", 1L).with("expires", 2L).publish(scene.service);
    assertLeaves(5, ExpiredException.class);
    scene.service.releases.put(
        Channel.BEST, scene.release(scene.three, 9, Scene.THREE).signed(Signer.another()));
    assertLeaves(5, ForgedException.class);
    scene.release(scene.three, 9, Scene.THREE).with("issued", 1L).with("expires", Release.ISSUED + 1)
        .publish(scene.service);
    assertEquals(9, scene.pull().serial()); // a day of grace
  }

  @Test
  void a_clock_that_is_ahead_is_told_from_a_release_that_is_old() throws Exception {
    scene.publish(scene.four, 1);
    scene.now = Release.EXPIRES + 86_401;
    scene.service.date = Release.ISSUED;
    refused(ClockAheadException.class);
    scene.now = 0;
    assertEquals(1, scene.pull().serial()); // behind: the service's says nothing against it
    scene.service.date = Release.EXPIRES + 86_401;
    scene.publish(scene.four, 2).with("threshold", 0.25).publish(scene.service);
    refused(ExpiredException.class);
  }

  @Test
  void a_release_of_a_later_key_is_believed_once_the_keys_lead_there() throws Exception {
    Signer another = Signer.another();
    scene.service.add(scene.four);
    Release release = scene.publish(scene.four, 1);
    scene.service.releases.put(Channel.BEST, release.signed(another));
    refused(ForgedException.class);
    scene.later = (service, envelope) -> {
      throw StubService.refused(Problem.NOT_FOUND); // a service that tells no keys
    };
    refused(ForgedException.class);
    AtomicReference<byte[]> followed = new AtomicReference<>();
    scene.later = (service, envelope) -> {
      followed.set(envelope);
      return keyOf(another);
    };
    assertEquals(1, scene.pull().serial());
    assertArrayEquals(release.signed(another), followed.get());
  }

  private static PublicKey keyOf(Signer signer) {
    try {
      return signer.key();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  @ParameterizedTest
  @CsvSource({"head 5 4 5, feature", "head 4 3 5, logits", "tail 4 4 5, expected signature head"})
  void a_signed_head_that_does_not_belong_here_is_refused(String words, String complaint) throws Exception {
    String[] parts = words.split(" ");
    byte[] head = PlainRuntime.model(parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), 5);
    scene.release(head, 1, Scene.FOUR).publish(scene.service);
    String message = refused(HeadRefusedException.class).getMessage();
    assertTrue(message.contains(complaint), message);
    assertTrue(scene.heads.entries().isEmpty());
  }

  @Test
  void a_file_that_is_no_model_is_refused() throws Exception {
    scene.publish("print('hello, this is no model at all')".getBytes(StandardCharsets.UTF_8), 1);
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("TFLite"));
  }

  @Test
  void a_head_that_answers_the_golden_sample_otherwise_is_refused() throws Exception {
    float[] right = Release.expected(scene.bundle.golden(), 4, 5);
    float[] off = right.clone();
    off[3] += 1;
    scene.publish(scene.four, 1).answering(off).publish(scene.service);
    String message = refused(HeadRefusedException.class).getMessage();
    assertTrue(message.contains("got them off by 0.5"), message);
    float[] nearly = right.clone();
    nearly[3] += 1e-4f;
    scene.publish(scene.four, 1).answering(nearly).publish(scene.service);
    assertEquals(1, scene.pull().serial());
    float[] higher = right.clone();
    for (int index = 0; index < 4; index++) {
      higher[index] += 100; // answers are the same wherever all logits are
    }
    scene.publish(scene.four, 2).answering(higher).publish(scene.service);
    assertEquals(2, scene.pull().serial());
  }

  @Test
  void a_quantised_head_may_be_off_by_two_percent() throws Exception {
    byte[] steeper = PlainRuntime.model("head", 4, 3, 5.05);
    Release release = scene.release(steeper, 1, Scene.THREE).publish(scene.service);
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("off by"));
    release.offering(Map.of(Precision.DYNAMIC, steeper)).publish(scene.service);
    scene.precision = Precision.DYNAMIC;
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void a_head_that_answers_no_numbers_is_refused() throws Exception {
    scene.publish(PlainRuntime.model("head", 4, 4, Double.POSITIVE_INFINITY), 1);
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("off by NaN"));
  }

  @Test
  void heads_of_a_single_label_and_of_equal_logits_can_be_installed() throws Exception {
    scene.release(PlainRuntime.model("head", 4, 1, 5), 1, List.of("Ada")).publish(scene.service);
    assertEquals(1, scene.pull().serial());
    scene.release(PlainRuntime.model("head", 4, 3, 0), 2, Scene.THREE).answering(0, 0, 1e-7f).publish(scene.service);
    assertEquals(2, scene.pull().serial());
  }

  @ParameterizedTest
  @ValueSource(strings = {"[\"Ada\"]", "[]", "[\"Ada\",\"Ada\",\"Ben\",\"Cleo\"]", "no json", "{\"a\":1}"})
  void a_label_list_that_does_not_fit_is_refused(String listed) throws Exception {
    byte[] labels = listed.getBytes(StandardCharsets.UTF_8);
    scene.publish(scene.four, 1).with("labels",
        Map.of("sha256", Sha256.hex(labels), "size", labels.length, "count", 4)).publish(scene.service);
    scene.service.add(labels);
    refused(HeadRefusedException.class);
    assertTrue(scene.heads.entries().isEmpty());
  }

  @Test
  void a_label_of_another_version_of_unicode_keeps_no_head_from_being_installed() throws Exception {
    List<String> listed = List.of("Ada", "x\ud80d\udc3cy", "unk\u0378", "Cleo\u202e");
    scene.release(scene.four, 1, listed).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(listed, scene.heads.load(scene.heads.entries().get(0)).labels());
  }

  @Test
  void a_damaged_head_is_stepped_over_and_fetched_again() throws Exception {
    scene.publish(scene.three, 1);
    scene.pull();
    scene.publish(scene.four, 2);
    scene.pull();
    Files.write(scene.object(scene.four), Arrays.copyOf(scene.four, 20));
    try (Serving running = scene.recognise()) {
      assertEquals(1, running.serial());
      assertTrue(running.warnings().get(0).startsWith("installed head 2"), running.warnings().get(0));
      assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
      running.refresh();
      assertEquals(2, running.serial());
      assertTrue(running.warnings().isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "\u00ff", "{\"format\":2,\"heads\":[]}", "{\"format\":1,\"heads\":[7]}"})
  void a_garbled_pointer_falls_back_to_the_bundles_head_until_the_next_pull(String damage) throws Exception {
    scene.publish(scene.four, 1);
    scene.pull();
    Files.write(scene.heads.directory().resolve("current"), damage.getBytes(StandardCharsets.ISO_8859_1));
    try (Serving running = scene.recognise()) {
      assertEquals(0, running.serial());
      assertFalse(running.warnings().isEmpty());
      assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
      running.refresh();
      assertEquals(1, running.serial());
    }
  }

  private interface Damage {
    void to(HeadStore heads) throws Exception;
  }

  private static final Map<String, Damage> DAMAGES = Map.of(
      "envelope gone", heads -> Files.delete(heads.objects().object(heads.entries().get(0).envelope())),
      "envelope cut", heads -> Files.write(heads.objects().object(heads.entries().get(0).envelope()), new byte[1]),
      "pointer gone", heads -> Files.delete(heads.directory().resolve("current")),
      "pointer garbled", heads -> Files.write(heads.directory().resolve("current"), new byte[] {'?'}),
      "floors gone", heads -> Files.delete(heads.directory().resolve("floors")),
      "floors garbled", heads -> Files.write(heads.directory().resolve("floors"), new byte[] {'{'}));

  static Set<String> damages() {
    return DAMAGES.keySet();
  }

  /** The older one is genuine, and whoever can hold back the newer one would choose what this device answers. */
  @ParameterizedTest
  @MethodSource("damages")
  void damage_never_opens_the_way_back_to_an_older_release(String damage) throws Exception {
    scene.publish(scene.four, 4);
    byte[] older = scene.service.releases.get(Channel.BEST);
    scene.publish(scene.four, 5);
    byte[] newer = scene.service.releases.get(Channel.BEST);
    scene.pull();
    DAMAGES.get(damage).to(scene.heads);
    scene.service.releases.put(Channel.BEST, older);
    assertTrue(refused(ReplayedException.class).getMessage().contains("expected serial 5 or higher, got 4"));
    scene.service.releases.put(Channel.BEST, newer);
    scene.now = 2 * Release.EXPIRES;
    assertEquals(5, scene.pull().serial());
    try (Serving serving = scene.recognise()) {
      assertEquals(5, serving.serial());
      assertTrue(serving.warnings().isEmpty());
    }
  }

  @Test
  void another_channel_and_back_again_is_no_way_back_to_an_older_release() throws Exception {
    scene.publish(scene.four, 5);
    byte[] best = scene.service.releases.get(Channel.BEST);
    scene.pull();
    scene.release(scene.three, 1, Scene.THREE).with("channel", "latest").publish(scene.service);
    scene.channel = Channel.LATEST;
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    scene.publish(scene.four, 2);
    scene.channel = Channel.BEST;
    refused(ReplayedException.class);
    scene.channel = Channel.LATEST;
    assertEquals(report(PullOutcome.UNCHANGED, 1, 0), scene.pull());
    scene.channel = Channel.BEST;
    scene.service.releases.put(Channel.BEST, best);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(5, scene.serving());
  }

  @Test
  void a_pull_that_ends_between_floor_and_pointer_is_made_up_for() throws Exception {
    scene.publish(scene.four, 5);
    Path pointer = scene.heads.directory().resolve("current");
    Files.createDirectories(pointer.resolve("inner"));
    refused(StorageException.class);
    assertEquals(5, scene.heads.floors().byLine().values().iterator().next().serial());
    Files.delete(pointer.resolve("inner"));
    Files.delete(pointer);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(report(PullOutcome.UNCHANGED, 5, 0), scene.pull());
  }

  @Test
  void a_channel_without_releases_tells_the_head_that_serves() throws Exception {
    scene.publish(scene.four, 5);
    scene.pull();
    scene.channel = Channel.LATEST;
    assertEquals(report(PullOutcome.NO_RELEASE, 5, 0), scene.pull());
  }

  @Test
  void every_object_gone_still_leaves_the_bundles_head() throws Exception {
    scene.publish(scene.four, 1);
    scene.pull();
    try (Stream<Path> objects = Files.list(scene.object(scene.four).getParent())) {
      for (Path object : (Iterable<Path>) objects::iterator) {
        Files.delete(object);
      }
    }
    assertEquals(0, scene.serving());
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  @Test
  void while_one_installs_another_is_told_to_try_later_and_then_installs() throws Exception {
    scene.publish(scene.four, 1);
    AtomicReference<Throwable> met = new AtomicReference<>();
    HeadStore.Installing installing = scene.heads.install();
    try {
      Thread other = new Thread(() -> met.set(assertThrows(TryLaterException.class, scene::pull)));
      other.start();
      other.join();
    } finally {
      installing.close();
    }
    assertTrue(met.get().getMessage().contains("another process is installing"));
    assertEquals(0, scene.serving());
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void a_folder_that_cannot_be_written_is_one_typed_error() throws Exception {
    Files.write(folder.resolve("heads"), new byte[0]);
    refused(StorageException.class);
  }

  @ParameterizedTest
  @EnumSource(value = UpdateStep.class, names = "INSTALLED", mode = EnumSource.Mode.EXCLUDE)
  void stopped_at_any_step_the_head_that_served_stays_and_the_next_pull_goes_on(UpdateStep step) throws Exception {
    scene.publish(scene.three, 1);
    scene.pull();
    scene.publish(scene.four, 2);
    Scene stopped = new Scene(folder);
    stopped.service.releases.putAll(scene.service.releases);
    stopped.service.objects.putAll(scene.service.objects);
    stopped.watcher = at -> {
      if (at == step) {
        stopped.stop.ask();
      }
    };
    assertThrows(StoppedException.class, stopped::pull);
    assertEquals(1, scene.serving());
    assertEquals(2, scene.pull().serial());
    assertEquals(6, scene.files().size());
  }

  @Test
  void inferring_goes_on_while_heads_are_swapped_under_it() throws Exception {
    AtomicReference<Throwable> failed = new AtomicReference<>();
    Thread swapping = new Thread(() -> {
      try {
        for (int serial = 1; serial <= 30; serial++) {
          scene.publish(serial % 2 == 0 ? scene.four : scene.three, serial);
          scene.pull();
        }
      } catch (Throwable error) {
        failed.set(error);
      }
    });
    float[] golden = scene.bundle.golden();
    try (Serving serving = scene.recognise()) {
      swapping.start();
      while (swapping.isAlive()) {
        serving.refresh();
        assertTrue(serving.warnings().isEmpty(), serving.warnings()::toString);
        assertEquals(5 * golden[1], serving.logits(golden)[1]);
      }
      serving.refresh();
      assertEquals(30, serving.serial());
    }
    assertEquals(null, failed.get());
  }

  @Test
  void whatever_a_server_says_the_head_that_serves_stays() throws Exception {
    scene.publish(scene.three, 1);
    scene.pull();
    scene.publish(scene.four, 2);
    byte[] right = scene.service.releases.get(Channel.BEST);
    Random random = new Random(7);
    for (int number = 0; number < 500; number++) {
      byte[] wrong = Arrays.copyOf(right, number % 5 == 0 ? random.nextInt(right.length) : right.length);
      for (int flips = number % 5 == 0 ? 0 : 1 + random.nextInt(4); flips > 0; flips--) {
        wrong[random.nextInt(wrong.length)] ^= (byte) (1 + random.nextInt(255));
      }
      scene.service.releases.put(Channel.BEST, wrong);
      refused(UntrustedException.class);
    }
    assertEquals(1, scene.serving());
    scene.service.releases.put(Channel.BEST, right);
    assertEquals(2, scene.pull().serial());
  }

  /** A phone ends processes to have their memory: a good release was once given up for that. */
  @Test
  void a_head_whose_trial_died_once_is_tried_again() throws Exception {
    scene.publish(scene.four, 1);
    HeadTrial right = scene.trial;
    scene.trial = (candidate, stop) -> {
      throw new HeadCrashedException("the process that ran it died");
    };
    refused(HeadRefusedException.class);
    scene.trial = right;
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  @Test
  void a_head_that_crashed_twice_is_not_tried_again_for_the_same_release_but_for_the_next() throws Exception {
    scene.publish(scene.three, 1);
    scene.pull();
    Release release = scene.publish(scene.four, 2);
    HeadTrial right = scene.trial;
    int[] tried = {0};
    scene.trial = (candidate, stop) -> {
      tried[0]++;
      throw new HeadCrashedException("the process that ran it died");
    };
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("refused: crashed"));
    refused(HeadRefusedException.class);
    refused(HeadRefusedException.class);
    assertEquals(2, tried[0]);
    assertEquals(1, scene.serving());
    scene.trial = right;
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("not tried again for this release"));
    release.renewed(3).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }

  @Test
  void where_one_precision_crashes_the_next_is_tried() throws Exception {
    scene.precision = Precision.DYNAMIC;
    scene.release(scene.four, 1, Scene.FOUR).offering(Map.of(Precision.FLOAT32, scene.four,
        Precision.DYNAMIC, NO_MODEL)).publish(scene.service);
    HeadTrial right = scene.trial;
    scene.trial = (candidate, stop) -> {
      if (candidate.reference().sha256().equals(Sha256.hex(NO_MODEL))) {
        throw new HeadCrashedException("no answer came in time");
      }
      return right.run(candidate, stop);
    };
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(Precision.FLOAT32, scene.heads.entries().get(0).precision());
  }

  @Test
  void where_nothing_could_be_tried_the_head_is_tried_the_next_time() throws Exception {
    scene.publish(scene.four, 1);
    HeadTrial right = scene.trial;
    scene.trial = (candidate, stop) -> {
      throw new TryLaterException("no process", (Long) null);
    };
    for (int time = 0; time < 3; time++) {
      refused(TryLaterException.class);
    }
    scene.trial = right;
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void an_answer_of_another_length_is_refused() throws Exception {
    scene.publish(scene.four, 1);
    scene.trial = (candidate, stop) -> new float[3];
    assertTrue(refused(HeadRefusedException.class).getMessage().contains("expected 4 logits, got 3"));
  }

  /** Called twice from a thread that was not its place, a trial once had a good head given up. */
  @Test
  void a_trial_that_ends_by_a_bug_of_the_app_is_not_counted_against_the_head() throws Exception {
    HeadTrial works = scene.trial;
    scene.publish(scene.four, 1);
    scene.trial = (candidate, stop) -> {
      throw new IllegalStateException("the main thread");
    };
    for (int time = 0; time < 3; time++) {
      assertThrows(IllegalStateException.class, scene::pull);
    }
    scene.trial = works;
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
  }
}
