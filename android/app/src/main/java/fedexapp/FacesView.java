package fedexapp;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Color;
import android.graphics.Paint;
import android.graphics.RectF;
import android.util.AttributeSet;
import android.view.MotionEvent;
import android.view.View;
import fedexapp.learner.SeenFace;
import fedexapp.photo.ShownPhoto;
import fedexclient.contract.Box;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A photo, as large as there is room, with a numbered box for each face. Who they are is said by cards beside it. */
public final class FacesView extends View {
  private final Paint line = new Paint(Paint.ANTI_ALIAS_FLAG);
  private final Paint ground = new Paint(Paint.ANTI_ALIAS_FLAG);
  private final Paint digits = new Paint(Paint.ANTI_ALIAS_FLAG);
  private final Paint smooth = new Paint(Paint.FILTER_BITMAP_FLAG);
  private final RectF place = new RectF();
  private @Nullable ShownPhoto photo;
  private List<SeenFace> faces = Collections.emptyList();
  private @Nullable Listener listener;

  public FacesView(Context context, @Nullable AttributeSet attributes) {
    super(context, attributes);
    line.setStyle(Paint.Style.STROKE);
    digits.setColor(Color.BLACK);
    digits.setFakeBoldText(true);
    digits.setTextAlign(Paint.Align.CENTER);
    digits.setTextSize(14 * getResources().getDisplayMetrics().density);
  }

  void show(ShownPhoto shown) {
    photo = shown;
    invalidate();
  }

  void show(List<SeenFace> shown) {
    faces = shown;
    invalidate();
  }

  /** Tells which face is touched, counted from 0. */
  void setListener(Listener touched) {
    listener = touched;
  }

  @Override
  protected void onDraw(Canvas canvas) {
    super.onDraw(canvas);
    ShownPhoto shown = photo;
    if (shown == null) {
      return;
    }
    findPlace(shown);
    canvas.drawBitmap(shown.bitmap(), null, place, smooth);
    for (int index = 0; index < faces.size(); index++) {
      Box box = faces.get(index).box();
      if (box != null) {
        drawFace(canvas, on(box, shown), index);
      }
    }
  }

  private void findPlace(ShownPhoto shown) {
    float width = getWidth() - getPaddingLeft() - getPaddingRight();
    float height = getHeight() - getPaddingTop() - getPaddingBottom();
    float scale = Math.min(width / shown.size().width(), height / shown.size().height());
    float left = getPaddingLeft() + (width - shown.size().width() * scale) / 2;
    float top = getPaddingTop() + (height - shown.size().height() * scale) / 2;
    place.set(left, top, left + shown.size().width() * scale, top + shown.size().height() * scale);
  }

  private RectF on(Box box, ShownPhoto shown) {
    float scale = place.width() / shown.size().width();
    return new RectF(place.left + box.left() * scale, place.top + box.top() * scale, place.left + box.right() * scale,
        place.top + box.bottom() * scale);
  }

  private void drawFace(Canvas canvas, RectF box, int index) {
    float density = getResources().getDisplayMetrics().density;
    // A dark line behind the coloured one: seen on every photo.
    line.setStrokeWidth(5 * density);
    line.setColor(0x99000000);
    canvas.drawRoundRect(box, 6 * density, 6 * density, line);
    line.setStrokeWidth(3 * density);
    line.setColor(FaceColours.of(index));
    canvas.drawRoundRect(box, 6 * density, 6 * density, line);
    drawNumber(canvas, box, index);
  }

  private void drawNumber(Canvas canvas, RectF box, int index) {
    float radius = 12 * getResources().getDisplayMetrics().density;
    float x = Math.min(Math.max(box.left, place.left + radius), place.right - radius);
    float y = Math.min(Math.max(box.top, place.top + radius), place.bottom - radius);
    ground.setColor(FaceColours.of(index));
    canvas.drawCircle(x, y, radius, ground);
    float middle = (digits.ascent() + digits.descent()) / 2;
    canvas.drawText(Words.number(getResources(), index + 1), x, y - middle, digits);
  }

  @Override
  public boolean onTouchEvent(MotionEvent event) {
    if (event.getActionMasked() == MotionEvent.ACTION_UP && touch(event.getX(), event.getY())) {
      performClick();
    }
    return true;
  }

  private boolean touch(float x, float y) {
    ShownPhoto shown = photo;
    for (int index = 0; shown != null && listener != null && index < faces.size(); index++) {
      Box box = faces.get(index).box();
      if (box != null && on(box, shown).contains(x, y)) {
        listener.touched(index);
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean performClick() {
    return super.performClick();
  }

  /** Hears of touches. */
  interface Listener {
    /** Hears that a face was touched, counted from 0. */
    void touched(int face);
  }
}
