package fedexclient.push;

import fedexclient.cache.Cache;
import fedexclient.cache.CacheException;
import fedexclient.cache.FeatureSpace;
import fedexclient.cache.KeptSetup;
import fedexclient.cache.LabelledSample;
import fedexclient.cache.SealedUpload;
import fedexclient.contract.Codec;
import fedexclient.contract.ContractException;
import fedexclient.contract.Sample;
import fedexclient.contract.SelfTest;
import fedexclient.contract.Sha256;
import fedexclient.contract.TooLargeException;
import fedexclient.contract.Upload;
import fedexclient.contract.UploadHeader;
import fedexclient.contract.UploadReader;
import fedexclient.contract.UploadWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns chosen feedback into the bytes of an upload that the service will take.
 *
 * <p>What is sealed is opened again and checked as the service does it: one value that no network computes, or one text
 * that is no label (any more), would have the good samples beside it refused. Such a sample is left out.
 */
final class Sealer {
  /** Features deflate to an eighth at best. */
  private static final int MOST_DEFLATED = 8;

  private final Cache cache;
  private final Codec codec;

  Sealer(Cache cache, Codec codec) {
    this.cache = cache;
    this.codec = codec;
  }

  /**
   * Makes an upload; null if what was chosen is gone, as another process has sent it meanwhile.
   *
   * @throws TooLargeException several samples are too large for one upload; choose fewer
   * @throws SamplesLeftOutException some of them cannot be uploaded; choose without them
   */
  @Nullable SealedUpload seal(Choice choice) throws CacheException, TooLargeException, SamplesLeftOutException {
    FeatureSpace space = cache.feedback().spaceOf(choice.revisions().get(0));
    List<LabelledSample> samples = cache.feedback().samples(choice.revisions());
    if (space == null || samples.size() < choice.revisions().size()) {
      return null;
    }
    KeptSetup setup = cache.setups().get(samples.get(0).setupKey());
    return seal(opened(samples, space), samples, space, setup);
  }

  /** Opens each by itself: a label that is none, or a feature of another size, is the fault of no other sample. */
  private static List<Sample> opened(List<LabelledSample> labelled, FeatureSpace space) throws SamplesLeftOutException {
    List<Sample> samples = new ArrayList<>();
    Map<Long, UnsendableException> reasons = new LinkedHashMap<>();
    for (LabelledSample one : labelled) {
      try {
        samples.add(new Sample(one.sampleId(), one.revision(), one.label(), one.feature()));
      } catch (ContractException error) {
        reasons.put(one.revision(), new UnsendableException(one.inference(), error));
      }
      if (!one.isOf(space)) {
        String why = "features: expected " + space.featureBytes() + " bytes, got another number";
        reasons.put(one.revision(), new UnsendableException(one.inference(), why));
      }
    }
    if (!reasons.isEmpty()) {
      throw new SamplesLeftOutException(reasons);
    }
    return samples;
  }

  private SealedUpload seal(List<Sample> samples, List<LabelledSample> labelled, FeatureSpace space, KeptSetup setup)
      throws TooLargeException, SamplesLeftOutException {
    try {
      return encode(samples, space, setup);
    } catch (ContractException error) {
      if (error instanceof TooLargeException && samples.size() > 1) {
        throw (TooLargeException) error;
      }
      throw leftOut(samples, labelled, space, setup, error);
    }
  }

  /**
   * How many samples are likely to fit an upload, so that not all are read for nothing: never too few of features that
   * deflate as they do, and never more than a reader would inflate.
   */
  int likelySamples(Choice choice, int maxBytes) throws CacheException {
    FeatureSpace space = cache.feedback().spaceOf(choice.revisions().get(0));
    if (space == null) {
      return choice.revisions().size();
    }
    long deflated = MOST_DEFLATED * (long) maxBytes / UploadWriter.sampleBytes(codec, space.shape());
    long inflated = UploadHeader.MAX_INFLATED_BYTES / space.featureBytes();
    return (int) Math.max(1, Math.min(UploadHeader.MAX_SAMPLES, Math.min(deflated, inflated)));
  }

  /** Tries each sample by itself. */
  private SamplesLeftOutException leftOut(List<Sample> samples, List<LabelledSample> labelled, FeatureSpace space,
      KeptSetup setup, ContractException together) {
    Map<Long, UnsendableException> reasons = new LinkedHashMap<>();
    for (int index = 0; index < samples.size(); index++) {
      try {
        encode(Collections.singletonList(samples.get(index)), space, setup);
      } catch (ContractException error) {
        LabelledSample one = labelled.get(index);
        reasons.put(one.revision(), new UnsendableException(one.inference(), error));
      }
    }
    if (reasons.isEmpty()) { // each is fine by itself: a bug that should be seen
      throw new IllegalStateException(together);
    }
    return new SamplesLeftOutException(reasons);
  }

  private SealedUpload encode(List<Sample> samples, FeatureSpace space, KeptSetup setup) throws ContractException {
    SelfTest outcome = setup.outcome();
    if (outcome == null) {
      throw new IllegalStateException("what was not tested is not chosen");
    }
    byte[] body = UploadWriter.seal(new Upload(space.id(), outcome, space.shape(), samples), codec);
    UploadReader.open(body, space.id(), space.shape(), setup.used().leastCosinePpm());
    return new SealedUpload(Sha256.hex(body), space.id(), samples.size(), body);
  }
}
