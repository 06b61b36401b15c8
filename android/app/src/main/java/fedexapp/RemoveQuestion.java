package fedexapp;

import android.app.Activity;
import android.app.AlertDialog;
import android.content.DialogInterface;
import android.os.Bundle;
import org.jspecify.annotations.Nullable;

/** Asks whether a photo is to be removed, and says what stays; asks still when the screen is turned. */
final class RemoveQuestion {
  private static final String IS_ASKED = "asked to remove";

  private final Activity screen;
  private final Runnable remove;
  private boolean wasAsked;
  private @Nullable AlertDialog dialog;

  /**
   * Asks nothing yet.
   *
   * @param remove is run when the user wants it
   * @param saved what {@link #save} kept; null: there is none
   */
  RemoveQuestion(Activity screen, Runnable remove, @Nullable Bundle saved) {
    this.screen = screen;
    this.remove = remove;
    wasAsked = saved != null && saved.getBoolean(IS_ASKED);
  }

  void ask() {
    AlertDialog shown = new AlertDialog.Builder(screen)
        .setTitle(R.string.remove_title)
        .setMessage(R.string.remove_text)
        .setPositiveButton(R.string.remove_yes, (asked, button) -> remove.run())
        .setNegativeButton(R.string.remove_no, null)
        .show();
    shown.getButton(DialogInterface.BUTTON_POSITIVE).setAllCaps(false);
    shown.getButton(DialogInterface.BUTTON_NEGATIVE).setAllCaps(false);
    dialog = shown;
  }

  /** Asks where an earlier life of the screen did, and got no answer. */
  void askAgain() {
    if (wasAsked) {
      wasAsked = false;
      ask();
    }
  }

  /** Keeps whether it is asked for a later life of the screen. */
  void save(Bundle saved) {
    saved.putBoolean(IS_ASKED, wasAsked || dialog != null && dialog.isShowing());
  }

  /** The screen goes. */
  void leave() {
    if (dialog != null) {
      dialog.dismiss();
    }
  }
}
