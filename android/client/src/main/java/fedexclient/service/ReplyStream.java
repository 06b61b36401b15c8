package fedexclient.service;

import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.UntrustedException;
import org.jspecify.annotations.Nullable;

/** The body of one answer, piece by piece. */
final class ReplyStream implements ObjectStream {
  private final Reply reply;
  private final long begin;
  private long left;

  ReplyStream(Reply reply, long begin, long size) throws ProtocolViolationException {
    this.reply = reply;
    this.begin = begin;
    this.left = size;
    reply.begin(size);
  }

  @Override
  public long begin() {
    return begin;
  }

  @Override
  public byte @Nullable [] next() throws ServiceException, UntrustedException {
    byte[] next = reply.next(left);
    left -= next == null ? 0 : next.length;
    return next;
  }

  @Override
  public void close() {
    reply.close();
  }
}
