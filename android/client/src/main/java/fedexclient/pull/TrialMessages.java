package fedexclient.pull;

import android.os.Bundle;
import android.os.Message;
import fedexclient.contract.ContractException;
import fedexclient.contract.FeatureShape;
import fedexclient.contract.FileRef;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.jspecify.annotations.Nullable;

/**
 * What the process of an app and that of its trials say to each other; both are of one app and one version.
 *
 * <pre>
 * RUN        with a request, and whom to answer
 * STARTED    arg1: the process that runs the head; it says nothing more if the head crashes it
 * ANSWERED   the logits are in the request's folder
 * REFUSED    "why": the head does not belong here, or does not run
 * FAILED     "why": nothing could be tried, whatever the head
 * </pre>
 */
final class TrialMessages {
  static final int RUN = 1;
  static final int STARTED = 2;
  static final int ANSWERED = 3;
  static final int REFUSED = 4;
  static final int FAILED = 5;

  private static final int MAX_WHY_CHARACTERS = 500;
  private static final String WHY = "why";

  private TrialMessages() {}

  static Message run(TrialRequest request) {
    Bundle data = new Bundle();
    Candidate candidate = request.candidate();
    data.putString("file", candidate.file().toString());
    data.putString("sha256", candidate.reference().sha256());
    data.putLong("size", candidate.reference().size());
    data.putInt("classes", candidate.classes());
    data.putString("folder", request.folder().toString());
    long[] sizes = new long[request.shape().sizes().size()];
    for (int index = 0; index < sizes.length; index++) {
      sizes[index] = request.shape().sizes().get(index);
    }
    data.putLongArray("shape", sizes);
    Message message = Message.obtain(null, RUN);
    message.setData(data);
    return message;
  }

  /** Reads a request; what was not put into it is refused by what reads it. */
  static TrialRequest request(Message message) throws ContractException {
    Bundle data = message.getData();
    Path file = Paths.get(data.getString("file", ""));
    FileRef reference = FileRef.named(data.getString("sha256", ""), data.getLong("size"));
    long @Nullable [] sizes = data.getLongArray("shape");
    FeatureShape shape = FeatureShape.of(sizes == null ? new long[0] : sizes);
    return new TrialRequest(
        new Candidate(file, reference, data.getInt("classes")), shape, Paths.get(data.getString("folder", "")));
  }

  static Message started(int process) {
    return Message.obtain(null, STARTED, process, 0);
  }

  static Message answered() {
    return Message.obtain(null, ANSWERED);
  }

  /** An answer that says why; {@code what} is REFUSED or FAILED. */
  static Message because(int what, Exception error) {
    String why = String.valueOf(error.getMessage());
    Bundle data = new Bundle();
    data.putString(WHY, why.substring(0, Math.min(MAX_WHY_CHARACTERS, why.length())));
    Message message = Message.obtain(null, what);
    message.setData(data);
    return message;
  }

  static String why(Message message) {
    String why = message.getData().getString(WHY, "it did not say why");
    return why.substring(0, Math.min(MAX_WHY_CHARACTERS, why.length()));
  }
}
