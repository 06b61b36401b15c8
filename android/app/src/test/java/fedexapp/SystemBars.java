package fedexapp;

import org.robolectric.util.ReflectionHelpers;
import org.robolectric.util.ReflectionHelpers.ClassParameter;

/** The bars of the system, of which Robolectric shows none unless it is told to: by a class that is not public. */
final class SystemBars {
  private static final String UI = "org.robolectric.shadows.SystemUi";

  private SystemBars() {}

  /** Shows the status bar, 24 dp high, and three buttons, 56 dp high: at the side of a phone that lies. */
  static void show() throws ReflectiveOperationException {
    Class<?> ui = Class.forName(UI);
    Object ofDisplay = ReflectionHelpers.callStaticMethod(ui, "systemUiForDefaultDisplay");
    ReflectionHelpers.callInstanceMethod(ui, ofDisplay, "setBehavior", behaviour(ui, "StatusBar", "STANDARD_STATUS_BAR"),
        behaviour(ui, "NavigationBar", "THREE_BUTTON_NAVIGATION"));
  }

  private static ClassParameter<?> behaviour(Class<?> ui, String bar, String name) throws ReflectiveOperationException {
    Class<Object> type = type(UI + "$" + bar + "Behavior");
    return ClassParameter.from(type, ReflectionHelpers.getStaticField(ui, name));
  }

  @SuppressWarnings("unchecked")
  private static Class<Object> type(String name) throws ReflectiveOperationException {
    return (Class<Object>) Class.forName(name);
  }
}
