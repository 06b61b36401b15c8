package fedexapp;

import android.content.Context;
import android.util.AttributeSet;
import android.widget.ScrollView;
import org.jspecify.annotations.Nullable;

/** Takes at most a part of the height that is there, as what stands above is to be seen too. */
public final class BoundedScrollView extends ScrollView {
  private final int percent;

  public BoundedScrollView(Context context, @Nullable AttributeSet attributes) {
    super(context, attributes);
    percent = getResources().getInteger(R.integer.strip_percent);
  }

  @Override
  protected void onMeasure(int width, int height) {
    boolean isBounded = MeasureSpec.getMode(height) == MeasureSpec.AT_MOST;
    int most = MeasureSpec.getSize(height) * percent / 100;
    super.onMeasure(width, isBounded ? MeasureSpec.makeMeasureSpec(most, MeasureSpec.AT_MOST) : height);
  }
}
