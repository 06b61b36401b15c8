package fedexclient.trust;

import fedexclient.contract.Envelope;
import fedexclient.contract.KeyChain;
import fedexclient.contract.PublicKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chain of keys, each signed by the one before, and what it leads to from a key that is trusted.
 *
 * <p>Of a chain nothing is believed but what the trusted key signed, and the keys after it: a key that was stolen
 * cannot lead a device anywhere that has gone past it.
 */
public final class KeyTrust {
  private final List<PublicKey> keys;

  private KeyTrust(List<PublicKey> keys) {
    this.keys = keys;
  }

  /**
   * Takes a chain if each of its links is signed by its old key.
   *
   * @throws KeyRefusedException one is not
   */
  public static KeyTrust of(KeyChain chain) throws KeyRefusedException {
    List<PublicKey> keys = chain.keys();
    for (int number = 0; number < chain.links().size(); number++) {
      if (!Ed25519Check.verifies(chain.links().get(number), keys.get(number))) {
        throw new KeyRefusedException("keys.links." + number + ": expected a signature of " + keys.get(number)
            + ", got none that fits");
      }
    }
    return new KeyTrust(keys);
  }

  /** From the first to the newest. */
  public List<PublicKey> keys() {
    return Collections.unmodifiableList(keys);
  }

  /** The first key: with the group it names where labels go, as the pinned key changes. */
  public PublicKey first() {
    return keys.get(0);
  }

  /** The newest key, which a rotation that is under way may not have signed anything with yet. */
  public PublicKey newest() {
    return keys.get(keys.size() - 1);
  }

  /**
   * The key to pin after an enrolment: the answered one, or the pinned one where that is the later.
   *
   * <p>A service answers the key before its newest one while it still signs anew what stands.
   *
   * @param trusted those of the chain that may be pinned
   * @param pinned null where none was yet
   * @throws KeyRefusedException the answered key is not of the chain, or the later one is not trusted
   */
  public PublicKey choose(PublicKey answered, List<PublicKey> trusted, @Nullable PublicKey pinned)
      throws KeyRefusedException {
    PublicKey later = pinned != null && keys.indexOf(pinned) > keys.indexOf(answered) ? pinned : answered;
    if (!keys.contains(answered) || !trusted.contains(later)) {
      List<String> expected = new ArrayList<>();
      trusted.forEach(key -> expected.add(key.id()));
      throw new KeyRefusedException(
          "service: expected one of the keys " + String.join(", ", expected) + ", got " + answered);
    }
    return later;
  }

  /**
   * The keys that lead on from the pinned one, oldest first.
   *
   * @throws KeyRefusedException the chain does not have it: a fork, an older chain, another service
   */
  public List<PublicKey> after(PublicKey pinned) throws KeyRefusedException {
    if (!keys.contains(pinned)) {
      throw new KeyRefusedException("service: expected keys that lead on from " + pinned + ", got those from "
          + first() + " to " + newest());
    }
    return Collections.unmodifiableList(keys.subList(keys.indexOf(pinned) + 1, keys.size()));
  }

  /**
   * The key and those after it that have a fingerprint which a person was given.
   *
   * @throws KeyRefusedException no key has it: nothing may be sent to this service
   */
  public List<PublicKey> from(String fingerprint) throws KeyRefusedException {
    for (int number = 0; number < keys.size(); number++) {
      if (keys.get(number).fingerprint().equals(fingerprint)) {
        return keys.subList(number, keys.size());
      }
    }
    String got = PublicKey.shownFingerprint(newest().fingerprint());
    throw new KeyRefusedException(
        "service: expected the key " + PublicKey.shownFingerprint(fingerprint) + ", got " + got);
  }

  /**
   * The key that has signed an envelope, of those after the pinned one; null where none has.
   *
   * <p>A key of which nothing was seen yet is not taken: while a rotation is under way, what stands is the one
   * before's.
   *
   * @param first of the chain at the device's enrolment
   * @throws KeyRefusedException the chain begins elsewhere, or lacks the pinned key
   */
  public @Nullable PublicKey signerOf(Envelope envelope, PublicKey pinned, PublicKey first)
      throws KeyRefusedException {
    if (!first().equals(first)) {
      throw new KeyRefusedException("service: expected keys from " + first + ", got those from " + first());
    }
    @Nullable PublicKey signer = null;
    for (PublicKey key : after(pinned)) {
      signer = Ed25519Check.verifies(envelope, key) ? key : signer;
    }
    return signer;
  }
}
