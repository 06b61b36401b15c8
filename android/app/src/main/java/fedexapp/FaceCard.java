package fedexapp;

import android.content.res.Resources;
import android.graphics.drawable.GradientDrawable;
import android.view.View;
import android.widget.Button;
import android.widget.TextView;
import fedexapp.learner.SeenFace;
import fedexclient.recognise.Ranked;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The card that says who one face is. */
final class FaceCard {
  private static final int OTHERS = 2;

  private final View card;
  private final Resources resources;
  private final String number;
  private @Nullable SeenFace shown;
  private @Nullable String shownSaid;

  /** Fills a card for a face, counted from 0. */
  FaceCard(View card, int index) {
    this.card = card;
    resources = card.getResources();
    number = Words.number(resources, index + 1);
    TextView tag = card.findViewById(R.id.number);
    tag.setText(number);
    GradientDrawable disc = new GradientDrawable();
    disc.setCornerRadius(1000);
    disc.setColor(FaceColours.of(index));
    tag.setBackground(disc);
  }

  /** Shows a face, and what the user said to it; what is shown already is left as it is. */
  void show(SeenFace face, @Nullable String said) {
    if (face == shown && Objects.equals(said, shownSaid)) {
      return;
    }
    shown = face;
    shownSaid = said;
    String name = name(resources, face, said);
    String sureness = sureness(face, said);
    text(R.id.name).setText(name);
    Words.showOrHide(text(R.id.sureness), sureness);
    String others = said == null ? others(face) : null;
    Words.showOrHide(text(R.id.others), others);
    View who = card.findViewById(R.id.who);
    who.setContentDescription(resources.getString(R.string.face_description, number, name, sureness));
    showButtons(face, said);
  }

  /** The name that a face goes by, as the user said if he did. */
  static String name(Resources resources, SeenFace face, @Nullable String said) {
    if (said != null) {
      return said;
    }
    return face.isUnknown() ? resources.getString(R.string.unknown) : face.best().label();
  }

  private String sureness(SeenFace face, @Nullable String said) {
    if (said != null) {
      return resources.getString(R.string.said, Words.name(resources, said));
    }
    String percent = Words.percent(resources, face.best());
    return face.isUnknown() ? resources.getString(R.string.unsure, quoted(face.best()), percent)
        : resources.getString(R.string.sure, percent);
  }

  private @Nullable String others(SeenFace face) {
    List<Ranked> results = face.results();
    List<String> others = new ArrayList<>();
    for (Ranked other : results.subList(1, Math.min(results.size(), 1 + OTHERS))) {
      others.add(resources.getString(R.string.other, quoted(other), Words.percent(resources, other)));
    }
    return others.isEmpty() ? null : resources.getString(R.string.others, String.join(", ", others));
  }

  private String quoted(Ranked answer) {
    return Words.name(resources, answer.label());
  }

  private void showButtons(SeenFace face, @Nullable String said) {
    Button agree = card.findViewById(R.id.agree);
    agree.setVisibility(said != null || face.isUnknown() ? View.GONE : View.VISIBLE);
    agree.setContentDescription(resources.getString(R.string.agree_about, number, quoted(face.best())));
    Button correct = card.findViewById(R.id.correct);
    correct.setText(face.isUnknown() && said == null ? R.string.correct_unknown : R.string.correct);
    correct.setContentDescription(resources.getString(R.string.correct_about, number));
  }

  /** Has the buttons give the face that is shown by then. */
  void onPress(Consumer<SeenFace> agreed, Consumer<SeenFace> corrected) {
    give(R.id.agree, agreed);
    give(R.id.correct, corrected);
  }

  private void give(int button, Consumer<SeenFace> pressed) {
    card.findViewById(button).setOnClickListener(view -> {
      if (shown != null) {
        pressed.accept(shown);
      }
    });
  }

  private TextView text(int id) {
    return card.findViewById(id);
  }
}
