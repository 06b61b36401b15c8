package fedexclient.push;

import fedexclient.contract.Channel;
import fedexclient.contract.EnrolmentReply;
import fedexclient.contract.FileRef;
import fedexclient.contract.KeyChain;
import fedexclient.service.ObjectStream;
import fedexclient.service.Service;
import fedexclient.service.SignedAnswer;
import org.jspecify.annotations.Nullable;

/** As much of a service as takes uploads. */
abstract class UploadService implements Service {
  @Override
  public EnrolmentReply enrol(String code, byte @Nullable [] secret) {
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
  public SignedAnswer release(String space, Channel channel, String etag) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SignedAnswer spaces(String etag) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ObjectStream object(FileRef reference, long begin) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
