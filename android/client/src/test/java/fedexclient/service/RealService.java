package fedexclient.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import fedexclient.Missing;
import fedexclient.contract.Fields;
import fedexclient.contract.JsonReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The service that {@code tests/device/service/java_service.py} runs beside these tests, as it says of itself. Every
 * test that asks for it is skipped, with the reason, where there is none.
 */
public final class RealService {
  private final Fields told;

  private RealService(Fields told) {
    this.told = told;
  }

  public static RealService running() throws Exception {
    String name = System.getProperty("fedex.service", "");
    Missing.unless(
        Files.exists(Path.of(name)), "no service runs beside the tests: make install, then make test-android");
    return new RealService(JsonReader.readDocument(Files.readAllBytes(Path.of(name)), "service.json", 1 << 20));
  }

  /** Its address by http. */
  public String url() throws Exception {
    return told.text("url");
  }

  /** Its address by https. */
  public String secureUrl() throws Exception {
    return told.document("https").text("url");
  }

  /** What its https is believed by: PEM. */
  public byte[] certificates() throws Exception {
    return Files.readAllBytes(Path.of(told.document("https").text("certificates")));
  }

  /** Of its certificate. */
  public String pin() throws Exception {
    return told.document("https").text("pin");
  }

  /** What lets devices into a group: family or strangers. */
  public String code(String group) throws Exception {
    return told.document("codes").text(group);
  }

  /** Of the key that it signs with. */
  public String fingerprint() throws Exception {
    return told.text("fingerprint");
  }

  /** The folders of the device bundles whose spaces it has: one with tiny features first. */
  public List<Path> bundles() {
    List<Path> bundles = new ArrayList<>();
    for (Object bundle : (List<?>) told.asMap().get("bundles")) {
      bundles.add(Path.of((String) ((Map<?, ?>) bundle).get("folder")));
    }
    return bundles;
  }

  /** Runs an operator's command to its end, and returns what it prints. */
  public String operate(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    for (Object word : (List<?>) told.asMap().get("cloud")) {
      command.add((String) word);
    }
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    ((Map<?, ?>) told.asMap().get("environment")).forEach(
        (name, value) -> builder.environment().put((String) name, (String) value));
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), printed);
    return printed;
  }
}
