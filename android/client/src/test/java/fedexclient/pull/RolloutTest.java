package fedexclient.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import fedexclient.contract.Channel;
import fedexclient.contract.Manifest;
import fedexclient.contract.Rollout;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.ReleaseFloor;
import fedexclient.recognise.Serving;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.ReplayedException;
import fedexclient.trust.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A release for some devices only, and one that is withdrawn: what a device installs, keeps and gives up. */
class RolloutTest {
  private static final int ALL = Rollout.PARTS;
  private static final List<String> TURNED = List.of("Zoe", "Cleo", "Ben", "Ada");

  @TempDir Path folder;

  private Scene scene;
  private int least;

  @BeforeEach
  void makeTheScene() throws Exception {
    scene = new Scene(folder);
    int low = 0;
    int high = ALL;
    while (low < high) { // the least share that this device is in
      int middle = (low + high) / 2;
      boolean isFor = scene.release(scene.four, 1, Scene.FOUR).share(middle).manifest().isFor(Scene.DEVICE);
      high = isFor ? middle : high;
      low = isFor ? low : middle + 1;
    }
    least = low;
  }

  private void publish(byte[] head, long serial, int share) throws Exception {
    scene.publish(head, serial).share(share).publish(scene.service);
  }

  /** A release of other answers, so that it is no renewal. */
  private Release turned(long serial, int share) throws Exception {
    return scene.release(scene.four, serial, TURNED).share(share);
  }

  /** Says that the bundle's head serves. */
  private void withdraw(int serial) throws Exception {
    scene.release(scene.four, serial, scene.bundle.labels()).offering(Map.of()).withdrawing(1, serial - 1)
        .publish(scene.service);
  }

  private void installOneAndTwo() throws Exception {
    publish(scene.three, 1, ALL);
    scene.pull();
    publish(scene.four, 2, ALL);
    scene.pull();
  }

  private List<Long> installed() throws Exception {
    List<Long> serials = new ArrayList<>();
    for (HeadEntry entry : scene.heads.entries()) {
      serials.add(scene.heads.manifest(entry).serial());
    }
    return serials;
  }

  private ReleaseFloor floor() throws Exception {
    return scene.heads.floors().byLine().values().iterator().next();
  }

  private static PullReport report(PullOutcome outcome, long serial) {
    return new PullReport(outcome, serial, 0);
  }

  @Test
  void a_device_outside_of_the_share_stays_with_what_it_has() throws Exception {
    publish(scene.three, 1, ALL);
    scene.pull();
    publish(scene.four, 2, least - 1);
    assertEquals(report(PullOutcome.WAITS, 1), scene.pull());
    assertEquals(1, scene.serving());
  }

  @Test
  void a_device_outside_of_the_share_downloads_nothing_and_asks_by_tag_from_then_on() throws Exception {
    publish(scene.four, 2, least - 1);
    scene.pull();
    assertEquals(List.of("release "), scene.service.asked);
    assertEquals(report(PullOutcome.WAITS, 0), scene.pull());
    String tag = StubService.tagOf(scene.service.releases.get(Channel.BEST));
    assertEquals("release " + tag, scene.service.asked.get(1));
    assertEquals(2, floor().passed());
    scene.heads.forgetTags();
    assertEquals(report(PullOutcome.WAITS, 0), scene.pull());
    assertEquals("release ", scene.service.asked.get(2));
  }

  @Test
  void a_share_that_rises_lets_a_device_in() throws Exception {
    publish(scene.four, 2, least - 1);
    scene.pull();
    publish(scene.four, 3, least);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(3, scene.serving());
    assertEquals(report(PullOutcome.UNCHANGED, 3), scene.pull());
  }

  @Test
  void who_has_the_head_keeps_it_whatever_the_share() throws Exception {
    publish(scene.four, 2, least);
    scene.pull();
    scene.service.asked.clear();
    publish(scene.four, 3, 0);
    assertEquals(report(PullOutcome.UNCHANGED, 3), scene.pull());
    assertEquals(3, scene.serving());
    assertEquals(1, scene.service.asked.size());
  }

  /** Or whoever holds back what withdraws a release could show the release again to those that it was not for. */
  @Test
  void what_was_passed_over_is_a_floor_too() throws Exception {
    publish(scene.four, 5, least - 1);
    scene.pull();
    publish(scene.four, 4, ALL);
    String message = assertThrows(ReplayedException.class, scene::pull).getMessage();
    assertTrue(message.contains("expected serial 5 or higher, got 4"), message);
    publish(scene.four, 5, ALL);
    assertEquals(5, scene.pull().serial());
  }

  @Test
  void another_group_makes_the_device_forget_what_it_passed_over() throws Exception {
    publish(scene.four, 5, least - 1);
    scene.pull();
    scene.heads.forget();
    publish(scene.four, 1, ALL);
    assertEquals(1, scene.pull().serial());
  }

  @Test
  void a_withdrawn_release_gives_way_to_the_one_before_and_is_not_stepped_back_to() throws Exception {
    installOneAndTwo();
    scene.publish(scene.three, 3).share(ALL).withdrawing(2, 2).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(List.of(3L, 1L), installed());
    Files.delete(scene.object(scene.three));
    assertEquals(0, scene.serving());
  }

  /** It was off while the withdrawal stood; what came after it is for a few at first. */
  @Test
  void a_release_for_others_makes_a_device_let_go_of_what_it_withdraws() throws Exception {
    installOneAndTwo();
    Serving running = scene.recognise();
    turned(4, least - 1).withdrawing(2, 2).publish(scene.service);
    assertEquals(report(PullOutcome.LET_GO, 1), scene.pull());
    running.refresh();
    assertEquals(List.of(1L, 1L), List.of(scene.serving(), running.serial()));
    running.close();
    assertEquals(report(PullOutcome.WAITS, 1), scene.pull());
    assertEquals(List.of(2L, 4L), List.of(floor().serial(), floor().passed()));
    publish(scene.four, 2, ALL);
    assertThrows(ReplayedException.class, scene::pull);
    Release last = turned(5, least).withdrawing(2, 2).publish(scene.service);
    assertEquals(new PullReport(PullOutcome.INSTALLED, 5, scene.four.length + last.labels.length), scene.pull());
    assertEquals(5, scene.serving());
  }

  @Test
  void killed_after_letting_go_a_device_goes_on_and_takes_nothing_older() throws Exception {
    installOneAndTwo();
    Files.delete(scene.heads.directory().resolve("floors")); // the manifest of what is let go stood in for it
    Release later = turned(4, 0).withdrawing(2, 2).publish(scene.service);
    assertTrue(scene.heads.letGo(later.manifest()));
    assertEquals(2, floor().serial());
    assertEquals(report(PullOutcome.WAITS, 1), scene.pull());
    assertEquals(4, floor().passed());
  }

  @Test
  void where_the_head_before_is_withdrawn_too_the_bundles_serves() throws Exception {
    installOneAndTwo();
    turned(4, 0).withdrawing(1, 2).publish(scene.service);
    assertEquals(report(PullOutcome.LET_GO, 0), scene.pull());
    assertEquals(0, scene.serving());
    assertTrue(scene.heads.entries().isEmpty());
    assertEquals(report(PullOutcome.WAITS, 0), scene.pull());
    assertFalse(Files.exists(scene.object(scene.four)));
  }

  @Test
  void only_a_head_before_that_is_withdrawn_is_let_go_of_quietly() throws Exception {
    installOneAndTwo();
    turned(4, 0).withdrawing(1, 1).publish(scene.service);
    assertEquals(report(PullOutcome.WAITS, 2), scene.pull());
    assertEquals(List.of(2L), installed());
  }

  @Test
  void a_later_release_that_carries_the_withdrawal_leaves_no_withdrawn_head_to_step_back_to() throws Exception {
    publish(scene.three, 2, ALL);
    scene.pull();
    scene.publish(scene.four, 4).withdrawing(2, 2).publish(scene.service);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(List.of(4L), installed());
  }

  @Test
  void a_withdrawn_head_serves_no_more_also_where_what_follows_it_cannot_be_had() throws Exception {
    installOneAndTwo();
    scene.publish("no head".getBytes(StandardCharsets.UTF_8), 3).withdrawing(2, 2).publish(scene.service);
    assertThrows(HeadRefusedException.class, scene::pull);
    assertEquals(1, scene.serving());
  }

  @Test
  void a_withdrawal_of_another_channel_says_nothing_of_what_is_installed() throws Exception {
    scene.release(scene.four, 2, Scene.FOUR).with("channel", "latest").publish(scene.service);
    scene.channel = Channel.LATEST;
    scene.pull();
    scene.channel = Channel.BEST;
    turned(3, 0).withdrawing(2, 2).publish(scene.service);
    assertEquals(report(PullOutcome.WAITS, 2), scene.pull());
    assertEquals(2, scene.serving());
  }

  @Test
  void devices_that_were_not_in_the_share_of_a_withdrawn_release_download_nothing() throws Exception {
    publish(scene.three, 1, ALL);
    scene.pull();
    publish(scene.four, 2, 0);
    scene.pull();
    scene.service.asked.clear();
    scene.publish(scene.three, 3).share(ALL).withdrawing(2, 2).publish(scene.service);
    assertEquals(report(PullOutcome.UNCHANGED, 3), scene.pull());
    assertEquals(1, scene.service.asked.size());
    assertEquals(0, floor().passed());
  }

  @Test
  void a_release_without_heads_returns_to_the_bundles_for_good() throws Exception {
    installOneAndTwo();
    Serving running = scene.recognise();
    withdraw(3);
    assertEquals(report(PullOutcome.WITHDRAWN, 0), scene.pull());
    assertEquals(0, scene.serving());
    assertEquals(1, scene.heads.entries().size());
    assertEquals(report(PullOutcome.UNCHANGED, 0), scene.pull());
    publish(scene.four, 2, ALL);
    assertThrows(ReplayedException.class, scene::pull);
    running.refresh();
    assertEquals(0, running.serial());
    running.close();
  }

  @Test
  void a_withdrawal_is_renewed_and_ended_by_a_newer_release() throws Exception {
    withdraw(3);
    scene.pull();
    withdraw(4);
    assertEquals(report(PullOutcome.UNCHANGED, 0), scene.pull());
    publish(scene.four, 5, ALL);
    assertEquals(PullOutcome.INSTALLED, scene.pull().outcome());
    assertEquals(5, scene.serving());
  }

  @Test
  void a_withdrawal_whose_envelope_is_damaged_lets_no_withdrawn_head_serve() throws Exception {
    publish(scene.four, 2, ALL);
    scene.pull();
    withdraw(3);
    scene.pull();
    Files.write(scene.heads.objects().object(scene.heads.entries().get(0).envelope()), new byte[0]);
    assertEquals(0, scene.serving());
    scene.pull();
    assertEquals(0, scene.serving());
  }

  @Test
  void only_what_is_signed_makes_a_device_give_up_a_head() throws Exception {
    publish(scene.four, 2, ALL);
    scene.pull();
    scene.service.releases.clear();
    assertEquals(report(PullOutcome.NO_RELEASE, 2), scene.pull());
    assertEquals(2, scene.serving());
  }

  @Test
  void a_release_of_a_later_precision_alone_is_no_withdrawal() throws Exception {
    Release release = scene.publish(scene.four, 2);
    String later = new String(release.payload(), StandardCharsets.UTF_8).replace("\"float32\":", "\"float8\":");
    scene.service.releases.put(Channel.BEST, Signer.golden().seal(
        Manifest.PAYLOAD_TYPE, later.getBytes(StandardCharsets.UTF_8)));
    assertTrue(assertThrows(ProtocolViolationException.class, scene::pull).getMessage().contains("heads"));
  }
}
