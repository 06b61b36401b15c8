package fedexapp;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.view.inputmethod.EditorInfo;
import android.widget.EditText;
import android.widget.ListView;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;
import org.robolectric.android.controller.ActivityController;

public class NameActivityTest extends ScreenTestCase {
  private static List<String> names(NameActivity screen) {
    ListView list = screen.findViewById(R.id.names);
    List<String> names = new ArrayList<>();
    for (int place = 0; place < list.getAdapter().getCount(); place++) {
      names.add((String) list.getAdapter().getItem(place));
    }
    return names;
  }

  private static String chosen(NameActivity screen) {
    assertTrue(screen.isFinishing());
    return shadowOf(screen).getResultIntent().getStringExtra(NameActivity.LABEL);
  }

  private static void choose(NameActivity screen, int place) {
    ListView list = screen.findViewById(R.id.names);
    list.performItemClick(null, place, place);
  }

  @Test
  public void oneTypesAtOnce() {
    assertTrue(open(NameActivity.class).get().findViewById(R.id.typed).isFocused());
  }

  @Test
  public void everyKnownNameIsOffered() {
    assertEquals(learner().labels, names(open(NameActivity.class).get()));
  }

  @Test
  public void namesAreFoundByTheBeginningsOfTheirWords() {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "ab");
    assertEquals(Arrays.asList("Ada Abel", "Dora Abel", "New: “ab”"), names(screen));
  }

  @Test
  public void aNameIsFoundInAnotherSpellingAndNotOfferedAsNew() {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, " ADA abel ");
    assertEquals(Arrays.asList("Ada Abel"), names(screen));
    choose(screen, 0);
    assertEquals("Ada Abel", chosen(screen));
  }

  @Test
  public void aNewNameIsTakenAsALabelIs() {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "  Zoë   Quinn ");
    choose(screen, 0);
    assertEquals("Zoë Quinn", chosen(screen));
  }

  @Test
  public void whatCannotBeALabelIsRefusedInASentence() {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "Unknown");
    assertEquals(screen.getString(R.string.error_name), text(screen, R.id.trouble));
    assertEquals(0, names(screen).size());
    type(screen, R.id.typed, "Una");
    assertEquals("", text(screen, R.id.trouble));
  }

  @Test
  public void theKeyboardsDoneTakesWhatWasTypedAndNotTheFirstThatWasFound() {
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "Ad");
    EditText field = screen.findViewById(R.id.typed);
    field.onEditorAction(EditorInfo.IME_ACTION_DONE);
    assertEquals("Ad", chosen(screen));
  }

  @Test
  public void doneWithoutANameDoesNothing() {
    NameActivity screen = open(NameActivity.class).get();
    EditText field = screen.findViewById(R.id.typed);
    field.onEditorAction(EditorInfo.IME_ACTION_DONE);
    assertFalse(screen.isFinishing());
  }

  /** Each name was once brought into its plain spelling for each letter, on the main thread. */
  @Test
  public void aLetterCostsTheMainThreadNoMoreThanALookAtEachName() {
    List<String> many = new ArrayList<>();
    for (int name = 0; name < 9_000; name++) {
      many.add("Person Number " + name);
    }
    learner().labels = many;
    NameActivity screen = open(NameActivity.class).get();
    type(screen, R.id.typed, "z");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    type(screen, R.id.typed, "zo");
    long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    assertTrue("allocated " + allocated, allocated < 2 << 20);
  }

  @Test
  public void whatWasTypedStaysWhenTheScreenIsTurned() {
    ActivityController<NameActivity> controller = open(NameActivity.class);
    type(controller.get(), R.id.typed, "Do");
    controller.recreate();
    settle();
    assertEquals(Arrays.asList("Dora Abel", "New: “Do”"), names(controller.get()));
  }
}
