package fedexclient.service;

import fedexclient.contract.Acknowledgement;
import fedexclient.contract.Channel;
import fedexclient.contract.ContractException;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.EnrolmentRequest;
import fedexclient.contract.Envelope;
import fedexclient.contract.ErasureReply;
import fedexclient.contract.FileRef;
import fedexclient.contract.HttpDate;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.KeyChain;
import fedexclient.contract.Problem;
import fedexclient.contract.ProofReply;
import fedexclient.contract.ProofRequest;
import fedexclient.contract.SpaceList;
import fedexclient.contract.TokenReply;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.UntrustedException;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The routes of the contract over HTTP, with every answer judged by its form.
 *
 * <p>No redirect is followed, as the token belongs to one service. A service at another address than that of the
 * enrolment must prove first that it keeps the token: before that it is sent neither the token nor anything else, and
 * none of its answers counts. What a proof does not prove is in docs/adr/0009-proof.md.
 */
public final class HttpService implements Service {
  private static final String DEVICES = "/v1/devices";
  private static final String UPLOAD_MEDIA_TYPE = "application/vnd.fedex.upload";
  private static final String ETAG = "ETag";
  private static final Pattern VISIBLE = Pattern.compile("[ -~]*");
  private static final String NO_OBJECT = new String(new char[64]).replace('\0', '0');
  private static final int UNAUTHORIZED = 401;
  private static final int NOT_MODIFIED = 304;

  private final Requests requests;
  private final @Nullable Identity identity;
  private final SecureRandom random = new SecureRandom();
  private boolean isProven;

  private HttpService(Requests requests, @Nullable Identity identity, boolean isProven) {
    this.requests = requests;
    this.identity = identity;
    this.isProven = isProven;
  }

  /**
   * A service to enrol with; nothing else can be asked of it but its keys.
   *
   * @throws SettingException an address that nothing may be sent to
   */
  public static HttpService toEnrol(String url, Transport transport, Stop stop) throws SettingException {
    return new HttpService(new Requests(transport.to(url), transport, stop), null, true);
  }

  /**
   * The service of a device, at the address of its enrolment or at a new one.
   *
   * @throws SettingException an address that nothing may be sent to
   */
  public static HttpService of(Identity identity, String url, Transport transport, Stop stop)
      throws SettingException {
    return new HttpService(new Requests(transport.to(url), transport, stop), identity, url.equals(identity.url()));
  }

  @Override
  public EnrolmentReply enrol(String code, byte @Nullable [] secret) throws ServiceException, UntrustedException {
    byte[] body = enrolment(code, secret == null ? bytes(EnrolmentRequest.SECRET_BYTES) : secret);
    Reply reply = requests.send(Request.to("POST", DEVICES).with(body, Reply.JSON_MEDIA_TYPE)).expect(200, 201);
    return reply.parsed(EnrolmentReply.MAX_BYTES, EnrolmentReply::parse);
  }

  /** Refuses a code that none can be as the service would; it is not sent. */
  private static byte[] enrolment(String code, byte[] secret) throws RefusedException {
    try {
      return new EnrolmentRequest(code, secret).encode();
    } catch (ImpossibleException error) {
      throw new RefusedException(String.valueOf(error.getMessage()), Problem.IMPOSSIBLE, Collections.emptyList());
    }
  }

  @Override
  public KeyChain keys() throws ServiceException, UntrustedException {
    checkService();
    Reply reply = requests.send(Request.to("GET", "/v1/keys")).expect(200);
    reply.checkMediaType(Reply.JSON_MEDIA_TYPE, "the keys of the service");
    return reply.parsed(KeyChain.MAX_BYTES, KeyChain::parse);
  }

  @Override
  public String newToken() throws ServiceException, UntrustedException {
    Reply reply = ask(Request.to("POST", DEVICES + "/self/token").with(new byte[0], Reply.JSON_MEDIA_TYPE)).expect(200);
    reply.checkMediaType(Reply.JSON_MEDIA_TYPE, "a token");
    return reply.parsed(TokenReply.MAX_BYTES, TokenReply::parse).token();
  }

  @Override
  public String eraseSamples() throws ServiceException, UntrustedException {
    Reply reply = ask(Request.to("DELETE", DEVICES + "/self/samples")).expect(202);
    reply.checkMediaType(Reply.JSON_MEDIA_TYPE, "an erasure");
    return reply.parsed(ErasureReply.MAX_BYTES, ErasureReply::parse).erasure();
  }

  @Override
  public boolean isKnown() throws ServiceException, UntrustedException {
    checkService();
    try {
      throw requests.send(asDevice(Request.to("GET", "/v1/objects/" + NO_OBJECT))).refusal();
    } catch (RefusedException refused) {
      if (refused.problem() == Problem.UNAUTHENTICATED || refused.problem() == Problem.NOT_FOUND) {
        return refused.problem() == Problem.NOT_FOUND;
      }
      throw refused;
    }
  }

  @Override
  public void upload(byte[] body, String space, String upload) throws ServiceException, UntrustedException {
    String expected = "the acknowledgement of the upload";
    Reply reply = ask(Request.to("PUT", uploadPath(space, upload)).with(body, UPLOAD_MEDIA_TYPE)).expect(200, 201);
    // A captive portal answers 200 to everything.
    reply.checkMediaType(Reply.JSON_MEDIA_TYPE, expected);
    String got = reply.parsed(Acknowledgement.MAX_BYTES, Acknowledgement::parse).upload();
    reply.check(got.equals(upload), expected, "that of " + got);
  }

  @Override
  public boolean hasUpload(String space, String upload) throws ServiceException, UntrustedException {
    checkService();
    Reply reply = requests.send(asDevice(Request.to("HEAD", uploadPath(space, upload))));
    if (reply.status() != 404) {
      reply.expect(200);
      String tag = reply.header(ETAG);
      reply.check(tag.equals("\"" + upload + "\""), "the tag of " + upload, tag.isEmpty() ? "none" : tag);
    }
    reply.close();
    return reply.status() == 200;
  }

  private static String uploadPath(String space, String upload) {
    return "/v1/spaces/" + space + "/uploads/" + upload;
  }

  @Override
  public @Nullable SignedAnswer release(String space, Channel channel, String etag)
      throws ServiceException, UntrustedException {
    return signed("/v1/spaces/" + space + "/releases/" + channel, etag, Envelope.MAX_BYTES);
  }

  @Override
  public @Nullable SignedAnswer spaces(String etag) throws ServiceException, UntrustedException {
    return signed("/v1/spaces", etag, SpaceList.MAX_BYTES);
  }

  private @Nullable SignedAnswer signed(String path, String etag, int maxBytes)
      throws ServiceException, UntrustedException {
    Request request = Request.to("GET", path);
    Reply reply = ask(etag.isEmpty() ? request : request.with("If-None-Match", etag)).expect(200, NOT_MODIFIED);
    if (reply.status() == NOT_MODIFIED) {
      reply.check(!etag.isEmpty(), "a release, as no tag was sent", "304 Not Modified");
      reply.close();
      return null;
    }
    reply.checkMediaType(Envelope.MEDIA_TYPE, Envelope.MEDIA_TYPE);
    String tag = reply.header(ETAG);
    boolean isKept = tag.length() <= SignedAnswer.MAX_ETAG_CHARACTERS && VISIBLE.matcher(tag).matches();
    // Over plain http anybody in between may tell a time.
    @Nullable Long date = requests.isSecure() ? HttpDate.parse(reply.header("Date")) : null;
    return new SignedAnswer(reply.read(maxBytes), isKept ? tag : "", date);
  }

  @Override
  public ObjectStream object(FileRef reference, long begin) throws ServiceException, UntrustedException {
    Request request = Request.to("GET", "/v1/objects/" + reference.sha256());
    Reply reply = ask(begin == 0 ? request : request.with("Range", "bytes=" + begin + "-")).expect(200, 206);
    if (reply.status() == 200) {
      return new ReplyStream(reply, 0, reference.size());
    }
    String wanted = "bytes " + begin + "-" + (reference.size() - 1) + "/" + reference.size();
    String got = reply.header("Content-Range");
    reply.check(begin > 0 && got.equals(wanted), "Content-Range " + wanted, got.isEmpty() ? "nothing" : got);
    return new ReplyStream(reply, begin, reference.size() - begin);
  }

  /** Asks as the device, a service that has proven itself where it must. */
  private Reply ask(Request request) throws ServiceException, UntrustedException {
    checkService();
    Reply reply = requests.send(asDevice(request));
    if (reply.status() == UNAUTHORIZED && request.hasBody() && !reply.hasBody()) {
      reply.close(); // the next request is what is let go of at the end
      checkKnown(reply);
    }
    return reply;
  }

  /** Some platforms keep to themselves why a body that was streamed is refused so: the JDK does. */
  private void checkKnown(Reply refused) throws ServiceException, UntrustedException {
    if (!isKnown()) {
      String message = refused.where() + ": 401, and the token counts no more";
      throw new RefusedException(message, Problem.UNAUTHENTICATED, Collections.emptyList());
    }
  }

  private Request asDevice(Request request) {
    if (identity == null) {
      throw new IllegalStateException("a service to enrol with is asked as a device");
    }
    return request.with("Authorization", "Bearer " + identity.token());
  }

  /** Has a service at a new address prove, once, that it is the one that this device enrolled with. */
  private void checkService() throws ServiceException, UntrustedException {
    if (isProven || identity == null) {
      return;
    }
    String expected = requests.address() + ": expected the service that this device enrolled with, got ";
    try {
      isProven = provesItself(identity);
    } catch (RefusedException refused) {
      throw new AnotherServiceException(expected + Unproven.of(refused));
    } catch (ProtocolViolationException error) {
      throw new AnotherServiceException(expected + error.getMessage());
    }
    if (!isProven) {
      throw new AnotherServiceException(expected + "one that cannot prove that it knows its token");
    }
  }

  /** Asks with a new number each time, or whoever heard one proof could show it again. */
  private boolean provesItself(Identity asked) throws ServiceException, UntrustedException {
    try {
      ProofRequest proof = new ProofRequest(bytes(ProofRequest.NONCE_BYTES));
      Request request = Request.to("POST", DEVICES + "/" + asked.device() + "/proof");
      Reply reply = requests.send(request.with(proof.encode(), Reply.JSON_MEDIA_TYPE)).expect(200);
      reply.checkMediaType(Reply.JSON_MEDIA_TYPE, "a proof");
      ProofReply answer = reply.parsed(ProofReply.MAX_BYTES, ProofReply::parse);
      return proof.isAnsweredBy(answer, asked.device(), asked.token());
    } catch (ContractException error) {
      throw new IllegalStateException(error); // so many bytes were asked for
    }
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() {
    requests.close();
  }
}
