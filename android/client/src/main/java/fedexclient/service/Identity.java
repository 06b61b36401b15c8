package fedexclient.service;

import fedexclient.contract.Fields;
import fedexclient.contract.PublicKey;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A device as one service knows it. */
public final class Identity {
  /** Of an address, as of any text that is kept. */
  static final int MAX_URL_CHARACTERS = Fields.MAX_TEXT_CHARACTERS;

  private final String url;
  private final String device;
  private final String token;
  private final String group;
  private final PublicKey key;
  private final PublicKey firstKey;
  private final byte[] secret;
  private final long tokenSince;
  private final boolean mustForgetHeads;

  /**
   * Takes what an enrolment gave.
   *
   * @param device its id
   * @param token a secret
   * @param key that releases are verified with
   * @param firstKey of the service, from which the chain leads to the other one
   * @param secret what shows the service that this is the same device
   * @param tokenSince when the token came, Unix seconds by this device's clock
   * @param mustForgetHeads whether the installed heads are still those of another group, and go before anything is
   *     pulled
   */
  public Identity(String url, String device, String token, String group, PublicKey key, PublicKey firstKey,
      byte[] secret, long tokenSince, boolean mustForgetHeads) {
    this.url = url;
    this.device = device;
    this.token = token;
    this.group = group;
    this.key = key;
    this.firstKey = firstKey;
    this.secret = secret.clone();
    this.tokenSince = tokenSince;
    this.mustForgetHeads = mustForgetHeads;
  }

  public String url() {
    return url;
  }

  /** Its id. */
  public String device() {
    return device;
  }

  /** A secret. */
  public String token() {
    return token;
  }

  public String group() {
    return group;
  }

  /** The Ed25519 key that releases are verified with. */
  public PublicKey key() {
    return key;
  }

  /** The first key of the service, which stays when the key changes. */
  public PublicKey firstKey() {
    return firstKey;
  }

  /** What shows the service that this is the same device. */
  public byte[] secret() {
    return secret.clone();
  }

  /** When the token came, Unix seconds by this device's clock. */
  public long tokenSince() {
    return tokenSince;
  }

  /** Whether the installed heads are still those of another group. */
  public boolean mustForgetHeads() {
    return mustForgetHeads;
  }

  /** The group of this service, by a name of its own: labels that were given in one never go to another. */
  public String origin() {
    return group + "@" + firstKey.id();
  }

  /** The same device at another address. */
  public Identity at(String newUrl) {
    return new Identity(newUrl, device, token, group, key, firstKey, secret, tokenSince, mustForgetHeads);
  }

  /** The same device with another token. */
  public Identity withToken(String newToken, long since) {
    return new Identity(url, device, newToken, group, key, firstKey, secret, since, mustForgetHeads);
  }

  /** The same device, which trusts another key of the same service. */
  public Identity withKey(PublicKey newKey) {
    return new Identity(url, device, token, group, newKey, firstKey, secret, tokenSince, mustForgetHeads);
  }

  /** The same device, with or without heads of another group. */
  public Identity forgettingHeads(boolean must) {
    return new Identity(url, device, token, group, key, firstKey, secret, tokenSince, must);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Identity)) {
      return false;
    }
    Identity that = (Identity) other;
    return url.equals(that.url) && device.equals(that.device) && token.equals(that.token) && group.equals(that.group)
        && key.equals(that.key) && firstKey.equals(that.firstKey) && Arrays.equals(secret, that.secret)
        && tokenSince == that.tokenSince && mustForgetHeads == that.mustForgetHeads;
  }

  @Override
  public int hashCode() {
    return Objects.hash(url, device, token, group);
  }

  /** Without its secrets. */
  @Override
  public String toString() {
    return "device " + device + " of group " + group + " at " + url;
  }
}
