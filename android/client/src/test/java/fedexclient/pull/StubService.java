package fedexclient.pull;

import fedexclient.contract.Channel;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.FileRef;
import fedexclient.contract.KeyChain;
import fedexclient.contract.Problem;
import fedexclient.contract.Sha256;
import fedexclient.service.ObjectStream;
import fedexclient.service.RefusedException;
import fedexclient.service.Service;
import fedexclient.service.ServiceException;
import fedexclient.service.SignedAnswer;
import fedexclient.service.UnreachableException;
import fedexclient.trust.UntrustedException;
import java.io.EOFException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A service that has what a test gives it, but for the faults that it puts into it. */
final class StubService implements Service {
  final Map<Channel, byte[]> releases = new EnumMap<>(Channel.class);
  final Map<String, byte[]> objects = new HashMap<>();
  final Map<String, Fault> faults = new HashMap<>();
  final List<String> asked = new ArrayList<>();
  byte[] spaces;
  Long date;
  String tag;
  Problem refusal;

  /** Answers for an object instead of the service; null leaves it to the service after all. */
  interface Fault {
    ObjectStream open(byte[] content, long begin) throws ServiceException, UntrustedException;
  }

  void add(byte[] object) {
    objects.put(Sha256.hex(object), object);
  }

  /** Counts the requests for an object. */
  int asked(byte[] object) {
    return (int) asked.stream().filter(("object " + Sha256.hex(object))::equals).count();
  }

  @Override
  public SignedAnswer release(String space, Channel channel, String etag) throws ServiceException {
    asked.add("release " + etag);
    return answer(releases.get(channel), etag);
  }

  @Override
  public SignedAnswer spaces(String etag) throws ServiceException {
    asked.add("spaces " + etag);
    return answer(spaces, etag);
  }

  private SignedAnswer answer(byte[] envelope, String etag) throws RefusedException {
    if (refusal != null) {
      throw refused(refusal);
    }
    if (envelope == null) {
      throw refused(Problem.NOT_FOUND);
    }
    String own = tag == null ? tagOf(envelope) : tag;
    return own.equals(etag) ? null : new SignedAnswer(envelope, own, date);
  }

  static String tagOf(byte[] envelope) {
    return '"' + Sha256.hex(envelope) + '"';
  }

  static RefusedException refused(Problem problem) {
    return new RefusedException("refused: " + problem, problem, List.of());
  }

  @Override
  public ObjectStream object(FileRef reference, long begin) throws ServiceException, UntrustedException {
    asked.add("object " + reference.sha256());
    byte[] content = objects.get(reference.sha256());
    Fault fault = faults.getOrDefault(reference.sha256(), faults.get("any"));
    ObjectStream faulty = fault == null ? null : fault.open(content, begin);
    if (faulty != null) {
      return faulty;
    }
    if (content == null) {
      throw refused(Problem.NOT_FOUND);
    }
    return new Bytes(begin, content, (int) begin, content.length, false);
  }

  /** Some of an object, in chunks of 16 bytes. */
  static final class Bytes implements ObjectStream {
    private static final int CHUNK = 16;

    private final long begin;
    private final byte[] content;
    private final int end;
    private final boolean breaksOff;
    private int place;

    Bytes(long begin, byte[] content, int place, int end, boolean breaksOff) {
      this.begin = begin;
      this.content = content;
      this.place = place;
      this.end = end;
      this.breaksOff = breaksOff;
    }

    @Override
    public long begin() {
      return begin;
    }

    @Override
    public byte[] next() throws UnreachableException {
      if (place >= end && breaksOff) {
        throw new UnreachableException("it broke off", new EOFException());
      }
      int from = place;
      place = Math.min(end, place + CHUNK);
      return from >= end ? null : Arrays.copyOfRange(content, from, place);
    }

    @Override
    public void close() {}
  }

  @Override
  public EnrolmentReply enrol(String code, byte[] secret) {
    throw new UnsupportedOperationException();
  }

  @Override
  public KeyChain keys() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String newToken() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String eraseSamples() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isKnown() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void upload(byte[] body, String space, String upload) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean hasUpload(String space, String upload) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
