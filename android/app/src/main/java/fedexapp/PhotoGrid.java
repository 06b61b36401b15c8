package fedexapp;

import android.content.Context;
import android.content.res.Resources;
import android.graphics.Bitmap;
import android.view.View;
import android.view.ViewGroup;
import android.widget.BaseAdapter;
import android.widget.ImageView;
import fedexapp.photo.StoredPhoto;
import fedexapp.session.Photos;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The small pictures of a grid; each is loaded when it comes into sight. */
final class PhotoGrid extends BaseAdapter {
  private final Photos photos;
  private final int side;
  private List<StoredPhoto> list = Collections.emptyList();

  PhotoGrid(Photos photos, int side) {
    this.photos = photos;
    this.side = side;
  }

  void show(List<StoredPhoto> shown) {
    if (!shown.equals(list)) {
      list = shown;
      notifyDataSetChanged();
    }
  }

  @Override
  public int getCount() {
    return list.size();
  }

  @Override
  public StoredPhoto getItem(int place) {
    return list.get(place);
  }

  @Override
  public long getItemId(int place) {
    return place;
  }

  @Override
  public View getView(int place, @Nullable View used, ViewGroup grid) {
    ImageView view = used instanceof ImageView ? (ImageView) used : square(grid.getContext());
    StoredPhoto photo = getItem(place);
    Resources resources = view.getResources();
    view.setContentDescription(resources.getString(R.string.photo_number, Words.number(resources, place + 1),
        Words.number(resources, getCount())));
    view.setTag(photo);
    view.setImageDrawable(null);
    photos.thumbnail(photo, side, bitmap -> show(bitmap, photo, view));
    return view;
  }

  /** Unless the view shows another photo by now. */
  private static void show(Bitmap bitmap, StoredPhoto photo, ImageView view) {
    if (photo.equals(view.getTag())) {
      view.setImageBitmap(bitmap);
    }
  }

  private static ImageView square(Context context) {
    ImageView view = new Square(context);
    view.setScaleType(ImageView.ScaleType.CENTER_CROP);
    view.setBackgroundColor(context.getColor(R.color.picture_ground));
    return view;
  }

  /** As high as it is wide. */
  private static final class Square extends ImageView {
    Square(Context context) {
      super(context);
    }

    @Override
    protected void onMeasure(int width, int height) {
      super.onMeasure(width, width);
    }
  }
}
