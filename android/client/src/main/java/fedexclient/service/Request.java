package fedexclient.service;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request: where to, and what it says. */
final class Request {
  private final String method;
  private final String path;
  private final Map<String, String> headers;
  private final byte @Nullable [] body;

  private Request(String method, String path, Map<String, String> headers, byte @Nullable [] body) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.body = body;
  }

  static Request to(String method, String path) {
    return new Request(method, path, Collections.emptyMap(), null);
  }

  Request with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Request(method, path, more, body);
  }

  /** The body is not copied: whoever gives it leaves it as it is. */
  Request with(byte[] content, String mediaType) {
    return new Request(method, path, with("Content-Type", mediaType).headers, content);
  }

  String method() {
    return method;
  }

  String path() {
    return path;
  }

  Map<String, String> headers() {
    return headers;
  }

  byte @Nullable [] body() {
    return body;
  }

  boolean hasBody() {
    return body != null;
  }
}
