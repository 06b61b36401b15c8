package fedexapp;

import android.os.Bundle;
import android.view.LayoutInflater;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ScrollView;
import fedexapp.learner.SeenFace;
import fedexapp.session.Recognition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The cards of a photo's faces, below each other.
 *
 * <p>Those that are seen first are made at once, and of the others some at a time: the screen answers meanwhile,
 * however many there are. A card stays when its face is shown anew, so that what has the focus keeps it.
 */
final class FaceCards {
  /** More than a screen shows at once. */
  private static final int AT_ONCE = 8;

  private static final String SEEN = "first face that is seen";
  private static final int NONE = -1;

  private final ViewGroup group;
  private final ScrollView scroll;
  private final Consumer<SeenFace> agreed;
  private final Consumer<SeenFace> corrected;
  private final Runnable more = this::makeMore;
  private final List<FaceCard> cards = new ArrayList<>();
  private List<SeenFace> faces = Collections.emptyList();
  private @Nullable Recognition recognition;
  private int wanted;

  /**
   * Begins with none.
   *
   * @param group where they are
   * @param scroll what the group is scrolled by
   * @param agreed is given a face whose name is right
   * @param corrected is given a face whose name the user wants to give
   * @param saved what {@link #save} kept; null: there is none
   */
  FaceCards(ViewGroup group, ScrollView scroll, Consumer<SeenFace> agreed, Consumer<SeenFace> corrected,
      @Nullable Bundle saved) {
    this.group = group;
    this.scroll = scroll;
    this.agreed = agreed;
    this.corrected = corrected;
    wanted = saved == null ? NONE : saved.getInt(SEEN, NONE);
    group.addOnLayoutChangeListener((view, left, top, right, bottom, wasLeft, wasTop, wasRight, wasBottom) ->
        scrollIfPlaced());
  }

  /** Shows faces, and what was said of them in their recognition. */
  void show(List<SeenFace> shown, Recognition of) {
    faces = shown;
    recognition = of;
    wanted = wanted < faces.size() ? wanted : NONE;
    while (cards.size() > faces.size()) {
      cards.remove(cards.size() - 1);
      group.removeViewAt(cards.size());
    }
    for (int index = 0; index < cards.size(); index++) {
      fill(index, of);
    }
    if (cards.isEmpty()) {
      makeMore();
    } else {
      goOn();
    }
  }

  private void fill(int index, Recognition of) {
    SeenFace face = faces.get(index);
    cards.get(index).show(face, of.said(face));
  }

  private void makeMore() {
    int next = Math.min(faces.size(), cards.size() + AT_ONCE);
    while (recognition != null && cards.size() < next) {
      add();
      fill(cards.size() - 1, recognition);
    }
    goOn();
  }

  private void goOn() {
    group.removeCallbacks(more);
    if (cards.size() < faces.size()) {
      group.post(more);
    }
  }

  private void add() {
    LayoutInflater.from(group.getContext()).inflate(R.layout.face, group, true);
    FaceCard card = new FaceCard(group.getChildAt(cards.size()), cards.size());
    card.onPress(agreed, corrected);
    cards.add(card);
  }

  /** Keeps for a later life of the screen which card is seen first, where it is not made at once. */
  void save(Bundle saved) {
    int first = 0;
    while (first < cards.size() && group.getTop() + group.getChildAt(first).getBottom() <= scroll.getScrollY()) {
      first++;
    }
    saved.putInt(SEEN, first < AT_ONCE ? NONE : first);
  }

  /** Brings a face's card into sight, counted from 0; where it is not made yet, once it is. */
  void scrollTo(int face) {
    wanted = face;
    scrollIfPlaced();
  }

  private void scrollIfPlaced() {
    View card = group.getChildAt(wanted);
    if (card != null && card.isLaidOut()) {
      scroll.smoothScrollTo(0, group.getTop() + card.getTop());
      wanted = NONE;
    }
  }
}
