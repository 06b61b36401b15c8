package fedexclient.pull;

import fedexclient.contract.LogitsTrial;
import fedexclient.contract.Precision;
import fedexclient.heads.HeadEntry;
import fedexclient.heads.HeadStore;
import fedexclient.heads.TriedHeads;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.InstalledHead;
import fedexclient.service.ServiceException;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;

/** Whether a head that came answers the golden sample as its signed manifest says. */
final class HeadCheck {
  private final HeadStore heads;
  private final HeadTrial trial;
  private final Stop stop;

  HeadCheck(HeadStore heads, HeadTrial trial, Stop stop) {
    this.heads = heads;
    this.trial = trial;
    this.stop = stop;
  }

  /**
   * Runs a head whose objects are there.
   *
   * @param release the sha256 of its manifest
   * @throws HeadRefusedException it does not load, does not answer as its manifest says, or crashed
   */
  void check(HeadEntry entry, Precision precision, String release)
      throws HeadRefusedException, ServiceException, StorageException {
    InstalledHead head = load(entry);
    float[] logits = answer(head, release);
    if (logits.length != head.labels().size()) {
      throw new HeadRefusedException("expected " + head.labels().size() + " logits, got " + logits.length);
    }
    LogitsTrial compared = LogitsTrial.of(logits, head.file().logits(), precision, head.manifest().temperature());
    if (!compared.passes()) {
      throw new HeadRefusedException("expected the golden sample's logits within " + compared.allowed()
          + ", got them off by " + compared.off());
    }
  }

  private InstalledHead load(HeadEntry entry) throws HeadRefusedException {
    try {
      InstalledHead head = heads.load(entry);
      if (head.labels().size() != head.manifest().labelCount()) {
        throw new HeadRefusedException(
            "label list: expected " + head.manifest().labelCount() + ", got " + head.labels().size() + " labels");
      }
      return head;
    } catch (HeadDamagedException error) {
      throw new HeadRefusedException(String.valueOf(error.getMessage()));
    }
  }

  private float[] answer(InstalledHead head, String release)
      throws HeadRefusedException, ServiceException, StorageException {
    TriedHeads tried = heads.tried();
    String sha256 = head.file().file().sha256();
    if (tried.isGivenUp(release, sha256)) {
      throw new HeadCrashedException("head " + sha256 + " is not tried again for this release");
    }
    tried.begin(release, sha256);
    try {
      float[] logits = trial.run(
          new Candidate(heads.objects().object(sha256), head.file().file(), head.labels().size()), stop);
      tried.end(release, sha256);
      return logits;
    } catch (HeadCrashedException error) {
      throw error; // it may have been ended for its memory: the note of this trial stays, and two give the head up
    } catch (HeadRefusedException error) {
      tried.end(release, sha256);
      throw error;
    } catch (ServiceException | StorageException | RuntimeException error) {
      tried.takeBack(release, sha256); // whatever it was, this process outlived it
      throw error;
    }
  }
}
