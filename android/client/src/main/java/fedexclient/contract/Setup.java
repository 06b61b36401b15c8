package fedexclient.contract;

import java.util.Arrays;
import java.util.List;

/** What computes features on a device: where one of its four names is another, the features may be. */
public final class Setup {
  private final List<String> names;

  private Setup(List<String> names) {
    this.names = names;
  }

  /**
   * Makes a setup of four names, each of 1 to 128 characters of printable ASCII, with its version.
   *
   * @param app what decodes and prepares photos
   * @param runtime what runs the models
   * @param delegate what of the machine it runs them on, and how
   * @param system the operating system, and the machine
   */
  public static Setup of(String app, String runtime, String delegate, String system) throws MalformedException {
    for (String name : Arrays.asList(app, runtime, delegate, system)) {
      Names.check(name, Names.SOFTWARE, "self_test");
    }
    return new Setup(Arrays.asList(app, runtime, delegate, system));
  }

  static Setup parse(Fields fields) throws ContractException {
    return new Setup(Arrays.asList(
        fields.name("app", Names.SOFTWARE),
        fields.name("runtime", Names.SOFTWARE),
        fields.name("delegate", Names.SOFTWARE),
        fields.name("system", Names.SOFTWARE)));
  }

  public String app() {
    return names.get(0);
  }

  public String runtime() {
    return names.get(1);
  }

  public String delegate() {
    return names.get(2);
  }

  public String system() {
    return names.get(3);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Setup && ((Setup) other).names.equals(names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    return String.join(", ", names);
  }
}
