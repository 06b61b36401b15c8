package fedexapp.session;

import java.util.ArrayList;
import java.util.List;

/** Who shows what a session holds. On the main thread. */
final class Observers {
  private final List<Runnable> observers = new ArrayList<>();

  void add(Runnable observer) {
    observers.add(observer);
  }

  void remove(Runnable observer) {
    observers.remove(observer);
  }

  /** Has all of them look again. */
  void tell() {
    for (Runnable observer : new ArrayList<>(observers)) {
      observer.run();
    }
  }
}
