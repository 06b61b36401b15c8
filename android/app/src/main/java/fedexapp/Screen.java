package fedexapp;

import android.app.ActionBar;
import android.app.Activity;
import android.os.Build;
import android.os.Bundle;
import android.view.MenuItem;
import android.view.View;
import android.view.WindowManager;
import fedexapp.session.Session;
import org.jspecify.annotations.Nullable;

/** A screen that shows a session, for as long as it is seen. */
abstract class Screen extends Activity {
  private final Runnable observer = this::look;

  @Override
  protected void onCreate(@Nullable Bundle saved) {
    super.onCreate(saved);
    secure();
  }

  @Override
  public void onContentChanged() {
    super.onContentChanged();
    if (Build.VERSION.SDK_INT >= Bars.ANDROID_15) {
      Bars.keepClear(getWindow());
    }
  }

  @Override
  protected void onStart() {
    super.onStart();
    session().observe(observer);
    look();
  }

  @Override
  protected void onStop() {
    session().leave(observer);
    super.onStop();
  }

  /** Offers to leave at the top, as every screen does but the first. */
  final void offerToLeave() {
    ActionBar bar = getActionBar();
    if (bar != null) {
      bar.setDisplayHomeAsUpEnabled(true);
    }
  }

  private void look() {
    secure();
    show();
  }

  private void secure() {
    int flag = WindowManager.LayoutParams.FLAG_SECURE;
    getWindow().setFlags(session().isSecure() ? flag : 0, flag);
  }

  /** Shows what the session holds now; often called. */
  abstract void show();

  /** The session of the app. */
  final Session session() {
    return FedexApplication.sessionOf(this);
  }

  /** Finds a view of the layout by its type. */
  final <T extends View> T view(int id) {
    T found = findViewById(id);
    if (found == null) {
      throw new IllegalArgumentException("expected a view of the layout, got another id");
    }
    return found;
  }

  @Override
  public boolean onOptionsItemSelected(MenuItem item) {
    if (item.getItemId() == android.R.id.home && getParentActivityIntent() == null) {
      finish();
      return true;
    }
    return super.onOptionsItemSelected(item);
  }
}
