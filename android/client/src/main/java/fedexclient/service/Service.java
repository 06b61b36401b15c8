package fedexclient.service;

import fedexclient.contract.Channel;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.FileRef;
import fedexclient.contract.KeyChain;
import fedexclient.trust.UntrustedException;
import org.jspecify.annotations.Nullable;

/**
 * One service, as one device sees it. In one thread at a time.
 *
 * <p>Every call throws {@link TryLaterException} or its kinds where a later call may succeed, {@link RefusedException}
 * where it will not, {@link StoppedException} where the caller asked to stop, and an {@link UntrustedException} for an
 * answer outside the contract.
 */
public interface Service extends AutoCloseable {
  /**
   * Becomes a device of the group that an enrolment code names: the same one for the same secret.
   *
   * @param secret of 32 bytes; null: another device each time
   */
  EnrolmentReply enrol(String code, byte @Nullable [] secret) throws ServiceException, UntrustedException;

  /** Asks for the chain of verification keys, of which no signature is looked at here. */
  KeyChain keys() throws ServiceException, UntrustedException;

  /** Asks for another token, which takes the place of this device's once it is used. */
  String newToken() throws ServiceException, UntrustedException;

  /** Asks that all which this device ever uploaded be erased; returns the name of the erasure. May be repeated. */
  String eraseSamples() throws ServiceException, UntrustedException;

  /** Tells whether the token still counts. */
  boolean isKnown() throws ServiceException, UntrustedException;

  /**
   * Sends a sealed upload; returning is the acknowledgement. May be repeated at any time.
   *
   * @param upload its id, the sha256 of the body
   * @throws CutOffException ask {@link #hasUpload} whether it arrived
   */
  void upload(byte[] body, String space, String upload) throws ServiceException, UntrustedException;

  /** Asks whether an upload has arrived, as after a connection that broke off in the middle of it. */
  boolean hasUpload(String space, String upload) throws ServiceException, UntrustedException;

  /** Asks for the newest release of a channel; null if it still is the one of the tag ("" to ask anyway). */
  @Nullable SignedAnswer release(String space, Channel channel, String etag)
      throws ServiceException, UntrustedException;

  /** Asks for the list of the group's spaces; null if it still is the one of the tag ("" to ask anyway). */
  @Nullable SignedAnswer spaces(String etag) throws ServiceException, UntrustedException;

  /** Asks for an object from a byte on. */
  ObjectStream object(FileRef reference, long begin) throws ServiceException, UntrustedException;

  /** Closes the connections. */
  @Override
  void close();
}
