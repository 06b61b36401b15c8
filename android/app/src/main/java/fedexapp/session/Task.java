package fedexapp.session;

/** What a screen asks for once, and waits for. */
public enum Task {
  ENROL,
  CONSENT,
  ERASE,
  CHOOSE
}
