package fedexapp;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;
import android.widget.LinearLayout;
import org.jspecify.annotations.Nullable;

/** Buttons beside each other, or one below the other where large letters leave no room. */
public final class ButtonRow extends LinearLayout {
  public ButtonRow(Context context, @Nullable AttributeSet attributes) {
    super(context, attributes);
    setBaselineAligned(false);
  }

  @Override
  protected void onMeasure(int width, int height) {
    setOrientation(wanted() > MeasureSpec.getSize(width) ? VERTICAL : HORIZONTAL);
    super.onMeasure(width, height);
  }

  private int wanted() {
    int any = MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED);
    int wanted = getPaddingLeft() + getPaddingRight();
    for (int index = 0; index < getChildCount(); index++) {
      View child = getChildAt(index);
      if (child.getVisibility() != GONE) {
        child.measure(any, any);
        wanted += child.getMeasuredWidth();
      }
    }
    return wanted;
  }
}
