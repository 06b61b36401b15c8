package fedexapp;

import android.content.Context;
import android.util.AttributeSet;
import android.widget.LinearLayout;
import org.jspecify.annotations.Nullable;

/** No wider than lines of text are read with ease. */
public final class Column extends LinearLayout {
  private final int most;

  public Column(Context context, @Nullable AttributeSet attributes) {
    super(context, attributes);
    most = getResources().getDimensionPixelSize(R.dimen.column);
  }

  @Override
  protected void onMeasure(int width, int height) {
    int taken = Math.min(MeasureSpec.getSize(width), most);
    super.onMeasure(MeasureSpec.makeMeasureSpec(taken, MeasureSpec.EXACTLY), height);
  }
}
