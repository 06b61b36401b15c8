package fedexapp;

import android.content.res.Resources;
import android.icu.text.DateFormat;
import android.text.BidiFormatter;
import android.text.format.DateUtils;
import android.view.View;
import android.widget.TextView;
import fedexclient.recognise.Ranked;
import java.text.NumberFormat;
import java.util.Date;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How numbers, names and messages are put into words. */
final class Words {
  private Words() {}

  /** The language that the texts are in, as it is spoken where the user is; English, for one that there is none in. */
  static Locale locale(Resources resources) {
    Locale user = resources.getConfiguration().getLocales().get(0);
    String language = resources.getString(R.string.language);
    return user.getLanguage().equals(language) ? user : new Locale(language);
  }

  static String number(Resources resources, long number) {
    return NumberFormat.getIntegerInstance(locale(resources)).format(number);
  }

  /** A number, as it decides between one and many. */
  static int quantity(long number) {
    return (int) Math.min(number, Integer.MAX_VALUE);
  }

  /** A name within a sentence, which keeps its order whichever way the name is written. */
  static String name(Resources resources, String name) {
    return BidiFormatter.getInstance(locale(resources)).unicodeWrap(name);
  }

  /** A day; of today, the time. */
  static String when(Resources resources, long seconds) {
    Date at = new Date(seconds * 1000);
    Locale locale = locale(resources);
    boolean isToday = DateUtils.isToday(at.getTime());
    return (isToday ? DateFormat.getTimeInstance(DateFormat.SHORT, locale)
        : DateFormat.getDateInstance(DateFormat.MEDIUM, locale)).format(at);
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
