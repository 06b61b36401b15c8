package fedexclient.recognise;

import fedexclient.contract.BundleFolder;
import fedexclient.contract.DeviceBundle;
import fedexclient.contract.FileRef;
import fedexclient.contract.Golden;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Golden bundles whose models have the right hash and the right first bytes, for a runtime that is scripted. */
public final class ScriptedBundle {
  private ScriptedBundle() {}

  /** Copies a golden bundle into a folder. */
  public static DeviceBundle copy(String name, Path folder) throws Exception {
    try (Stream<Path> files = Files.list(Golden.folder().resolve(name))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    for (String model : new String[] {"prefix", "head", "detector"}) {
      if (Files.exists(folder.resolve(model + ".tflite"))) {
        replace(model, folder);
      }
    }
    return DeviceBundle.read(new BundleFolder(folder.toFile()));
  }

  private static void replace(String model, Path folder) throws Exception {
    Path file = folder.resolve(model + ".tflite");
    Path document = folder.resolve("bundle.json");
    byte[] said = referring(Files.readAllBytes(document), Files.readAllBytes(file), model(model));
    Files.write(file, model(model));
    Files.write(document, said);
  }

  static BundleModels models(DeviceBundle bundle, Path folder, ModelRuntime runtime) {
    return new BundleModels(bundle, ModelSource.folder(folder.toFile()), runtime, 1);
  }

  /** A model's file. */
  static byte[] model(String name) {
    return ("\0\0\0\0TFL3" + name).getBytes(StandardCharsets.UTF_8);
  }

  /** A document that refers to other bytes in place of some. */
  static byte[] referring(byte[] document, byte[] before, byte[] after) {
    String text = new String(document, StandardCharsets.UTF_8);
    return text.replace(reference(before), reference(after)).getBytes(StandardCharsets.UTF_8);
  }

  private static String reference(byte[] data) {
    FileRef file = FileRef.of(data);
    return "\"sha256\":\"" + file.sha256() + "\",\"size\":" + file.size();
  }
}
