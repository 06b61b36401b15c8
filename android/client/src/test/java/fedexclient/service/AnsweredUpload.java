package fedexclient.service;

import fedexclient.trust.UntrustedException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an upload meets, over HTTP, at a service that answers everything with the same bytes. */
public final class AnsweredUpload {
  private AnsweredUpload() {}

  /**
   * Sends one.
   *
   * @param mediaType empty where the answer names none
   * @return what is thrown on each platform's connections, null where the upload is acknowledged
   */
  public static List<@Nullable Exception> met(String upload, int status, String mediaType, byte[] body)
      throws Exception {
    String header = mediaType.isEmpty() ? "" : "Content-Type: " + mediaType;
    List<@Nullable Exception> met = new ArrayList<>();
    for (Platform platform : Platform.values()) {
      try (RawServer server = new RawServer(Asking.answering(status + " Said", header, body));
          HttpService service = Asking.service(platform, server)) {
        met.add(thrown(service, upload));
      }
    }
    return met;
  }

  private static @Nullable Exception thrown(Service service, String upload) {
    try {
      service.upload(new byte[] {1, 2, 3}, Asking.SPACE, upload);
      return null;
    } catch (ServiceException | UntrustedException error) {
      return error;
    }
  }
}
