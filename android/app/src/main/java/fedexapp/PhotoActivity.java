package fedexapp;

import android.content.Intent;
import android.os.Bundle;
import android.view.Menu;
import android.view.MenuItem;
import android.view.View;
import fedexapp.learner.SeenFace;
import fedexapp.photo.StoredPhoto;
import fedexapp.session.Recognition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One photo: who is in it, how sure that is, and the user's word on it. */
public final class PhotoActivity extends Screen {
  /** The id of the photo to show. */
  static final String PHOTO = "photo";

  private static final int CHOOSE_NAME = 1;
  private static final String ASKED_ABOUT = "asked about";
  private static final int MOST_PIXELS = 1600;

  private @Nullable FaceCards cards;
  private @Nullable RemoveQuestion question;
  private @Nullable StoredPhoto photo;
  private boolean isOpened;
  private @Nullable String askedAbout;
  private @Nullable Exception unreadable;

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.photo);
    offerToLeave();
    isOpened = saved == null;
    askedAbout = saved == null ? null : saved.getString(ASKED_ABOUT);
    view(R.id.again).setOnClickListener(button -> recogniseAgain());
    FaceCards shown = new FaceCards(view(R.id.faces), view(R.id.scroll), this::agree, this::askName,
        saved);
    cards = shown;
    FacesView picture = view(R.id.picture);
    picture.setListener(shown::scrollTo);
    question = new RemoveQuestion(this, this::remove, saved);
  }

  @Override
  protected void onSaveInstanceState(Bundle saved) {
    super.onSaveInstanceState(saved);
    saved.putString(ASKED_ABOUT, askedAbout);
    if (cards != null) {
      cards.save(saved);
    }
    if (question != null) {
      question.save(saved);
    }
  }

  @Override
  protected void onStop() {
    super.onStop();
    if (photo != null) {
      session().recognitions().leave(photo);
    }
  }

  @Override
  protected void onDestroy() {
    if (question != null) {
      question.leave();
    }
    super.onDestroy();
  }

  private void recogniseAgain() {
    if (photo != null) {
      session().recognitions().begin(photo);
      if (unreadable != null) {
        unreadable = null;
        load(photo);
      }
      show();
    }
  }

  @Override
  void show() {
    StoredPhoto shown = find();
    if (shown == null) {
      return;
    }
    Recognition recognition = session().recognitions().of(shown);
    List<SeenFace> known = recognition.faces();
    List<SeenFace> faces = known == null ? Collections.emptyList() : known;
    view(R.id.recognising).setVisibility(recognition.isRunning() ? View.VISIBLE : View.GONE);
    showFaces(faces, recognition);
    String count = faces.isEmpty() ? getString(R.string.no_faces)
        : getResources().getQuantityString(R.plurals.faces_found, faces.size(),
            Words.number(getResources(), faces.size()));
    Words.showOrHide(view(R.id.found), known == null ? null : count);
    showTrouble(recognition.failure() == null ? unreadable : recognition.failure());
  }

  /** Finds the photo as soon as it is known which ones there are, and leaves where it is not there any more. */
  private @Nullable StoredPhoto find() {
    if (photo == null && session().photos().areKnown()) {
      photo = session().photos().find(getIntent().getStringExtra(PHOTO));
      if (photo == null) {
        finish();
      } else {
        if (isOpened) {
          session().recognitions().open(photo);
        }
        load(photo);
        if (question != null) {
          question.askAgain();
        }
      }
    }
    return photo;
  }

  private void load(StoredPhoto shown) {
    FacesView picture = view(R.id.picture);
    session().photos().picture(shown, MOST_PIXELS, picture::show, this::sayUnreadable);
  }

  private void sayUnreadable(Exception error) {
    unreadable = error;
    show();
  }

  private void showTrouble(@Nullable Exception failure) {
    Words.showOrHide(view(R.id.trouble), failure == null ? null : Sentences.of(getResources(), failure));
    view(R.id.again).setVisibility(failure != null ? View.VISIBLE : View.GONE);
  }

  private void showFaces(List<SeenFace> faces, Recognition recognition) {
    FacesView picture = view(R.id.picture);
    picture.show(faces);
    if (cards != null) {
      cards.show(faces, recognition);
    }
    List<String> names = new ArrayList<>();
    for (SeenFace face : faces) {
      names.add(FaceCard.name(getResources(), face, recognition.said(face)));
    }
    picture.setContentDescription(getString(R.string.picture_description, String.join(", ", names)));
  }

  private void agree(SeenFace face) {
    if (photo != null) {
      session().recognitions().agree(photo, face);
    }
  }

  private void askName(SeenFace face) {
    askedAbout = face.inference();
    startActivityForResult(new Intent(this, NameActivity.class), CHOOSE_NAME);
  }

  @Override
  protected void onActivityResult(int request, int result, @Nullable Intent data) {
    String label = data == null ? null : data.getStringExtra(NameActivity.LABEL);
    String shown = getIntent().getStringExtra(PHOTO);
    if (request == CHOOSE_NAME && result == RESULT_OK && label != null && shown != null && askedAbout != null) {
      session().recognitions().correct(shown, askedAbout, label);
    }
  }

  @Override
  public boolean onCreateOptionsMenu(Menu menu) {
    getMenuInflater().inflate(R.menu.photo, menu);
    return true;
  }

  @Override
  public boolean onOptionsItemSelected(MenuItem item) {
    if (item.getItemId() == R.id.remove_photo && photo != null && question != null) {
      question.ask();
      return true;
    }
    return super.onOptionsItemSelected(item);
  }

  private void remove() {
    if (photo != null) {
      session().photos().remove(photo);
      finish();
    }
  }
}
