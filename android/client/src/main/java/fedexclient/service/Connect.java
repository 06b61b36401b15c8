package fedexclient.service;

import org.jspecify.annotations.Nullable;

/** Makes the service of an address, for a device or, to enrol, without one. */
public interface Connect {
  /** Opens no connection yet. */
  Service to(String url, @Nullable Identity identity) throws SettingException;

  /** By HTTP. */
  static Connect byHttp(Transport transport, Stop stop) {
    return (url, identity) -> identity == null
        ? HttpService.toEnrol(url, transport, stop) : HttpService.of(identity, url, transport, stop);
  }
}
