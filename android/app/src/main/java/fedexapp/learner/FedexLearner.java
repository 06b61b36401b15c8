package fedexapp.learner;

import fedexclient.Fedex;
import fedexclient.FedexException;
import fedexclient.PhotoRecognizer;
import fedexclient.contract.Invitation;
import fedexclient.keeping.KeptAnswer;
import fedexclient.pull.PullOutcome;
import fedexclient.pull.PullReport;
import fedexclient.push.PushReport;
import fedexclient.recognise.Answer;
import fedexclient.service.AnotherServiceException;
import fedexclient.service.CopiedIdentityException;
import fedexclient.service.DamagedIdentityException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.ServiceException;
import fedexclient.service.SettingException;
import fedexclient.service.Stop;
import fedexclient.service.StoppedException;
import fedexclient.service.UnsentUploadsException;
import fedexclient.service.VaultException;
import fedexclient.sync.SyncJobs;
import fedexclient.sync.SyncPolicy;
import fedexclient.trust.UntrustedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The learner of the library. */
final class FedexLearner implements Learner {
  private static final long NO_ANSWER = -1;

  private final Fedex fedex;
  private final KeptChoices kept;
  private @Nullable PhotoRecognizer recognizer;

  private FedexLearner(Fedex fedex, KeptChoices kept) {
    this.fedex = fedex;
    this.kept = kept;
  }

  /**
   * As the app begins: jobs that are gone, as where it was ended by force, come back. Once it was updated, what was
   * refused before waits again. May block.
   */
  static FedexLearner begin(Fedex fedex, KeptChoices kept, LastVersion last, String version) {
    FedexLearner learner = new FedexLearner(fedex, kept);
    if (!last.is(version)) {
      learner.retryRefused(last, version);
    }
    learner.sync();
    return learner;
  }

  private void retryRefused(LastVersion last, String version) {
    try {
      if (fedex.status().group() != null) {
        fedex.retryRefused();
      }
      last.keep(version);
    } catch (FedexException error) {
      // Whoever looks how it stands is told the same, and the next start tries again.
    }
  }

  static SyncPolicy policyOf(Choices choices) {
    return new SyncPolicy(choices.has(Choice.CHARGING), choices.has(Choice.IDLE), choices.has(Choice.UNMETERED),
        SyncPolicy.USUAL.intervalS());
  }

  private interface Asked<T extends @Nullable Object> {
    T run() throws Exception;
  }

  /** What went wrong is told by its own exception, which the screens have sentences for. */
  private static <T extends @Nullable Object> T asked(Asked<T> asked) throws Exception {
    try {
      return asked.run();
    } catch (FedexException error) {
      throw error.getCause();
    }
  }

  @Override
  public List<SeenFace> recognise(byte[] photo) throws Exception {
    return asked(() -> {
      PhotoRecognizer open = recognizer();
      open.setStrictness(kept.read().strictness());
      List<SeenFace> seen = new ArrayList<>();
      for (KeptAnswer one : open.recognise(photo)) {
        seen.add(seen(one, "not kept " + seen.size()));
      }
      return seen;
    });
  }

  private PhotoRecognizer recognizer() throws FedexException {
    PhotoRecognizer open = recognizer;
    if (open == null) {
      open = fedex.recognizer();
      recognizer = open;
    }
    return open;
  }

  private static SeenFace seen(KeptAnswer kept, String nameOfUnkept) {
    Long inference = kept.inference();
    Exception problem = kept.problem();
    Answer answer = kept.answer();
    SeenFace face = new SeenFace(inference == null ? nameOfUnkept : inference.toString(), answer.box(),
        answer.results(), answer.isUnknown());
    return problem == null ? face : face.notKept(problem);
  }

  /** The number of an answer; of one that was not kept, maybe in an earlier life of the app, one that none has. */
  private static long numberOf(String inference) {
    try {
      return Long.parseLong(inference);
    } catch (NumberFormatException error) {
      return NO_ANSWER;
    }
  }

  @Override
  public void agree(String inference) throws Exception {
    asked(() -> fedex.agree(numberOf(inference)));
  }

  @Override
  public void correct(String inference, String label) throws Exception {
    asked(() -> fedex.correct(numberOf(inference), label));
  }

  @Override
  public List<String> labels() throws Exception {
    return asked(fedex::labels);
  }

  @Override
  public Status status() throws Exception {
    return asked(() -> DeviceStatus.of(fedex.status()));
  }

  @Override
  public SyncResult push(Progress progress, Stop stop) throws Exception {
    return asked(() -> {
      PushReport report = fedex.push(
          at -> progress.at(at.bytesDone(), at.bytesDone() + at.bytesWaiting()), stop);
      Exception problem = report.problem();
      if (problem != null) {
        throw problem;
      }
      if (report.wasStopped()) {
        throw new StoppedException();
      }
      return SyncResult.sent(report.samples(), DeviceStatus.seconds(System.currentTimeMillis()));
    });
  }

  @Override
  public void retryRefused() throws Exception {
    asked(() -> {
      fedex.retryRefused();
      return null;
    });
  }

  @Override
  public void acknowledgeDamage() throws Exception {
    asked(() -> {
      fedex.dropSetAside();
      return null;
    });
  }

  @Override
  public SyncResult pull(Progress progress, Stop stop) throws Exception {
    return asked(() -> {
      PullReport report = fedex.pull(progress::at, stop);
      boolean isNew = report.outcome() == PullOutcome.INSTALLED;
      return DeviceStatus.pulled(isNew ? report.serial() : 0, System.currentTimeMillis());
    });
  }

  /** The user has seen where the invitation leads: a group that the device was of before is left for it. */
  @Override
  public void enrol(Invitation invitation) throws Exception {
    asked(() -> {
      try {
        return fedex.enrol(invitation);
      } catch (FedexException error) {
        if (mustBeLeft(error.getCause())) {
          return fedex.enrolAgain(invitation);
        }
        throw error;
      }
    });
    sync();
  }

  /** Whether only leaving what it was helps: another group, or one whose key, which opens nothing, may be lost. */
  private static boolean mustBeLeft(Exception error) {
    return error instanceof AnotherServiceException || error instanceof VaultException
        || error instanceof EnrolmentException && !(error instanceof UnsentUploadsException);
  }

  @Override
  public void consent(boolean isGiven) throws Exception {
    asked(() -> {
      if (isGiven) {
        fedex.giveConsent();
      } else {
        fedex.withdrawConsent();
      }
      return null;
    });
    sync();
  }

  /** Has a device of a group push and pull by itself from now on, as the user wants it; any other one not. */
  private void sync() {
    try {
      SyncJobs jobs = fedex.syncJobs(policyOf(kept.read()));
      if (fedex.status().group() == null) {
        jobs.cancel();
      } else {
        jobs.ensure();
      }
    } catch (FedexException error) {
      // Whoever looks how it stands is told the same, and the next start tries again.
    }
  }

  @Override
  public void erase() throws Exception {
    asked(() -> {
      fedex.withdrawConsent(); // whoever wants to be forgotten is not learned from again unasked
      try {
        return fedex.erase();
      } catch (FedexException error) {
        Exception cause = error.getCause();
        if (wasMissed(cause)) {
          throw new HalfErasedException(cause);
        }
        if (!wasNeverEnrolled(cause)) {
          throw error; // a service that may have something was not asked
        }
        fedex.forget();
        return null;
      }
    });
  }

  /** What comes of asking the service, which is done once all is forgotten here. */
  private static boolean wasMissed(Exception error) {
    return error instanceof ServiceException || error instanceof UntrustedException
        || error instanceof SettingException;
  }

  private static boolean wasNeverEnrolled(Exception error) {
    return error instanceof EnrolmentException && !(error instanceof DamagedIdentityException)
        && !(error instanceof CopiedIdentityException) && !(error instanceof UnsentUploadsException);
  }

  @Override
  public Choices choices() {
    return kept.read();
  }

  @Override
  public void choose(Choices choices) throws IOException {
    if (!kept.write(choices)) {
      throw new IOException("the settings could not be kept");
    }
    sync();
  }

  @Override
  public void close() {
    if (recognizer != null) {
      recognizer.close();
      recognizer = null;
    }
  }
}
