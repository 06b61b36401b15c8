package fedexapp;

import android.content.ActivityNotFoundException;
import android.content.ClipData;
import android.content.Intent;
import android.net.Uri;
import android.os.Build;
import android.os.Bundle;
import android.provider.MediaStore;
import android.view.Menu;
import android.view.MenuItem;
import android.widget.GridView;
import android.widget.TextView;
import android.widget.Toast;
import fedexapp.learner.Status;
import fedexapp.photo.CaptureProvider;
import fedexapp.photo.StoredPhoto;
import fedexapp.session.Photos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All photos, and how learning stands. */
public final class PhotosActivity extends Screen {
  static final int CHOOSE_PHOTOS = 1;
  static final int TAKE_PHOTO = 2;
  private static final int ASK_CONSENT = 3;

  private @Nullable PhotoGrid grid;
  private @Nullable Strip strip;

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    setContentView(R.layout.photos);
    PhotoGrid shown = new PhotoGrid(session().photos(), getResources().getDimensionPixelSize(R.dimen.thumbnail));
    grid = shown;
    strip = new Strip(this, this::push);
    GridView view = view(R.id.grid);
    view.setAdapter(shown);
    view.setEmptyView(view(R.id.empty));
    view.setOnItemClickListener((list, item, place, id) -> open(shown.getItem(place)));
    view(R.id.empty_add).setOnClickListener(button -> choosePhotos());
  }

  private void open(StoredPhoto photo) {
    startActivity(new Intent(this, PhotoActivity.class).putExtra(PhotoActivity.PHOTO, photo.id()));
  }

  @Override
  protected void onStart() {
    super.onStart();
    session().refresh();
  }

  @Override
  void show() {
    if (grid != null && strip != null) {
      grid.show(session().photos().list());
      strip.show(session());
    }
    TextView notice = view(R.id.notice);
    Words.showOrHide(notice, notice());
  }

  /** What went wrong with a photo, and with the learner; null: nothing. */
  private @Nullable String notice() {
    List<String> sentences = new ArrayList<>();
    for (Exception failure : Arrays.asList(session().photos().failure(), session().failure())) {
      if (failure != null) {
        sentences.add(Sentences.of(getResources(), failure));
      }
    }
    return sentences.isEmpty() ? null : String.join("\n", sentences);
  }

  /** Whoever leaves the screen has seen what went wrong with a photo. */
  @Override
  protected void onStop() {
    super.onStop();
    if (!isChangingConfigurations()) {
      session().photos().forgiveFailure();
    }
  }

  @Override
  public boolean onCreateOptionsMenu(Menu menu) {
    getMenuInflater().inflate(R.menu.photos, menu);
    return true;
  }

  @Override
  public boolean onOptionsItemSelected(MenuItem item) {
    int chosen = item.getItemId();
    if (chosen == R.id.add_photos) {
      choosePhotos();
    } else if (chosen == R.id.take_photo) {
      takePhoto();
    } else if (chosen == R.id.open_settings) {
      startActivity(new Intent(this, SettingsActivity.class));
    } else {
      return super.onOptionsItemSelected(item);
    }
    return true;
  }

  private void choosePhotos() {
    Intent picker = new Intent(MediaStore.ACTION_PICK_IMAGES).setType("image/*")
        .putExtra(MediaStore.EXTRA_PICK_IMAGES_MAX, Photos.MOST_AT_ONCE);
    Intent documents = new Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
        .setType("image/*").putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true);
    boolean hasPicker = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU;
    if (!(hasPicker && isAsked(picker, CHOOSE_PHOTOS) || isAsked(documents, CHOOSE_PHOTOS))) {
      say(R.string.no_picker);
    }
  }

  /** The camera is asked when nothing is left that an earlier one wrote: it could be taken for the new photo. */
  private void takePhoto() {
    session().photos().dropCaptured(() -> {
      if (!isFinishing() && !isDestroyed()) {
        askCamera();
      }
    });
  }

  private void askCamera() {
    int rights = Intent.FLAG_GRANT_WRITE_URI_PERMISSION | Intent.FLAG_GRANT_READ_URI_PERMISSION;
    Intent intent = new Intent(MediaStore.ACTION_IMAGE_CAPTURE)
        .putExtra(MediaStore.EXTRA_OUTPUT, CaptureProvider.ADDRESS).addFlags(rights);
    // The rights go along with a clip: not every Android grants them for what stands in EXTRA_OUTPUT alone.
    intent.setClipData(ClipData.newRawUri("", CaptureProvider.ADDRESS));
    if (!isAsked(intent, TAKE_PHOTO)) {
      say(R.string.no_camera);
    }
  }

  /** Asks another app; tells whether there is one. */
  private boolean isAsked(Intent intent, int request) {
    try {
      startActivityForResult(intent, request);
      return true;
    } catch (ActivityNotFoundException error) {
      return false;
    }
  }

  private void say(int nobodyAnswers) {
    Toast.makeText(this, nobodyAnswers, Toast.LENGTH_LONG).show();
  }

  @Override
  protected void onActivityResult(int request, int result, @Nullable Intent data) {
    session().photos().forgiveFailure();
    if (result != RESULT_OK) {
      forgo(request);
    } else if (request == CHOOSE_PHOTOS && data != null) {
      session().photos().add(chosen(data));
    } else if (request == TAKE_PHOTO) {
      session().photos().addCaptured();
    } else if (request == ASK_CONSENT) {
      session().push();
    }
  }

  /** Nothing came of something. A camera may have written a photo all the same, which its user threw away. */
  private void forgo(int request) {
    if (request == TAKE_PHOTO) {
      session().photos().dropCaptured(() -> {});
    }
  }

  private static List<Uri> chosen(Intent data) {
    List<Uri> chosen = new ArrayList<>();
    ClipData clip = data.getClipData();
    for (int index = 0; clip != null && index < clip.getItemCount(); index++) {
      Uri uri = clip.getItemAt(index).getUri();
      if (uri != null) {
        chosen.add(uri);
      }
    }
    Uri single = data.getData();
    if (clip == null && single != null) {
      chosen.add(single);
    }
    return chosen;
  }

  /** Nothing is sent before the user was asked; without a service, the button leads to one. */
  private void push() {
    Status status = session().status();
    if (status == null || status.group() == null) {
      startActivity(new Intent(this, EnrolActivity.class));
    } else if (status.hasConsent()) {
      session().push();
    } else {
      startActivityForResult(new Intent(this, ConsentActivity.class), ASK_CONSENT);
    }
  }
}
