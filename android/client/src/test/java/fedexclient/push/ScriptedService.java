package fedexclient.push;

import fedexclient.contract.ContractException;
import fedexclient.contract.Problem;
import fedexclient.contract.Sample;
import fedexclient.contract.Upload;
import fedexclient.contract.UploadReader;
import fedexclient.service.RefusedException;
import fedexclient.service.ServiceException;
import fedexclient.trust.UntrustedException;
import java.util.ArrayList;
import java.util.List;

/** A service that keeps what it gets, and meets it with the faults of a test. */
public final class ScriptedService extends UploadService {
  /** In the order of their coming, each time that they came. */
  public final List<Upload> uploads = new ArrayList<>();

  final List<String> ids = new ArrayList<>();
  final List<byte[]> bodies = new ArrayList<>();
  final List<String> asked = new ArrayList<>();

  /** Before an upload is kept. */
  Fault fault = (space, upload) -> {};

  /** After it is kept: the answer is lost. */
  Fault lost = (space, upload) -> {};

  /** Where it is asked whether it has one. */
  Fault deaf = (space, upload) -> {};

  /** What is met instead of an answer, or nothing. */
  interface Fault {
    void meet(String space, Upload upload) throws ServiceException, UntrustedException;
  }

  static RefusedException refusal(Problem problem, Integer... samples) {
    return new RefusedException("PUT here: expected this, got that", problem, List.of(samples));
  }

  /** Refuses each upload so. */
  static Fault refusing(Problem problem, Integer... samples) {
    return (space, upload) -> {
      throw refusal(problem, samples);
    };
  }

  @Override
  public void upload(byte[] body, String space, String upload) throws ServiceException, UntrustedException {
    asked.add("PUT " + upload);
    Upload opened = open(body);
    fault.meet(space, opened);
    uploads.add(opened);
    ids.add(upload);
    bodies.add(body);
    lost.meet(space, opened);
  }

  private static Upload open(byte[] body) {
    try {
      return UploadReader.open(body);
    } catch (ContractException error) {
      throw new AssertionError(error);
    }
  }

  @Override
  public boolean hasUpload(String space, String upload) throws ServiceException, UntrustedException {
    asked.add("HEAD " + upload);
    deaf.meet(space, null);
    return ids.contains(upload);
  }

  /** The labels of each upload. */
  public List<List<String>> labels() {
    List<List<String>> labels = new ArrayList<>();
    uploads.forEach(upload -> labels.add(labels(upload)));
    return labels;
  }

  static List<String> labels(Upload upload) {
    List<String> labels = new ArrayList<>();
    upload.samples().forEach(sample -> labels.add(sample.label()));
    return labels;
  }

  /** All samples of all uploads. */
  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    uploads.forEach(upload -> samples.addAll(upload.samples()));
    return samples;
  }
}
