package fedexclient.photos;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks what is only reached on a later Android than library and app need: who calls it has asked for the version. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface NeedsAndroid {
  /** The API level. */
  int value();
}
