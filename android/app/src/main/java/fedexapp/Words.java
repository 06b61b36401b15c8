package fedexapp;

import android.content.res.Resources;
import android.view.View;
import android.widget.TextView;
import fedexclient.recognise.Ranked;
import java.text.NumberFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How numbers, names and messages are put into words. */
final class Words {
  private Words() {}

  static Locale locale(Resources resources) {
    return resources.getConfiguration().getLocales().get(0);
  }

  /** How sure an answer is. Never 100 %: nothing is that sure. */
  static String percent(Resources resources, Ranked answer) {
    double probability = Math.min(answer.probability(), 0.99);
    return NumberFormat.getPercentInstance(locale(resources)).format(probability);
  }

  /** Shows a message, or takes it away; one that stands already is not said again. */
  static void showOrHide(TextView view, @Nullable String message) {
    view.setVisibility(message == null ? View.GONE : View.VISIBLE);
    if (message != null && !message.contentEquals(view.getText())) {
      view.setText(message);
    }
  }
}
