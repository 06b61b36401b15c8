package fedexapp;

import android.content.res.Resources;
import fedexapp.learner.NoLearnerException;
import fedexapp.learner.NoModelException;
import fedexapp.photo.PhotoTooLargeException;
import fedexapp.photo.UnreadablePhotoException;
import fedexclient.cache.CacheAccessException;
import fedexclient.cache.CacheDamagedException;
import fedexclient.cache.CacheException;
import fedexclient.cache.CacheFullException;
import fedexclient.cache.NewerCacheException;
import fedexclient.cache.NoInferenceException;
import fedexclient.contract.ContractException;
import fedexclient.contract.ImpossibleException;
import fedexclient.contract.MalformedException;
import fedexclient.contract.Problem;
import fedexclient.contract.SelfTestFailedException;
import fedexclient.contract.TooLargeException;
import fedexclient.contract.UnsupportedVersionException;
import fedexclient.contract.WrongSpaceException;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.TensorException;
import fedexclient.service.CutOffException;
import fedexclient.service.RefusedException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnexplainedException;
import fedexclient.service.UnreachableException;
import fedexclient.trust.ClockAheadException;
import fedexclient.trust.ExpiredException;
import fedexclient.trust.ForgedException;
import fedexclient.trust.KeyRefusedException;
import fedexclient.trust.MisplacedException;
import fedexclient.trust.ProtocolViolationException;
import fedexclient.trust.ReplayedException;
import fedexclient.trust.UntrustedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What went wrong, in one sentence for people. What an exception says itself is for whoever mends the app. */
final class Sentences {
  private static final Map<Class<?>, Integer> OF_CLASS = new HashMap<>();

  static {
    OF_CLASS.put(NoModelException.class, R.string.error_no_model);
    OF_CLASS.put(NoLearnerException.class, R.string.error_no_learner);
    OF_CLASS.put(PhotoTooLargeException.class, R.string.error_photo_too_large);
    OF_CLASS.put(UnreadablePhotoException.class, R.string.error_photo_unreadable);
    OF_CLASS.put(FileNotFoundException.class, R.string.error_photo_gone);
    OF_CLASS.put(IOException.class, R.string.error_storage);

    OF_CLASS.put(MalformedException.class, R.string.error_malformed);
    OF_CLASS.put(UnsupportedVersionException.class, R.string.error_version);
    OF_CLASS.put(TooLargeException.class, R.string.error_too_large);
    OF_CLASS.put(ImpossibleException.class, R.string.error_impossible);
    OF_CLASS.put(WrongSpaceException.class, R.string.error_wrong_space);
    OF_CLASS.put(SelfTestFailedException.class, R.string.error_self_test);

    OF_CLASS.put(UntrustedException.class, R.string.error_untrusted);
    OF_CLASS.put(ProtocolViolationException.class, R.string.error_protocol);
    OF_CLASS.put(UnexplainedException.class, R.string.error_unexplained);
    OF_CLASS.put(ForgedException.class, R.string.error_forged);
    OF_CLASS.put(MisplacedException.class, R.string.error_misplaced);
    OF_CLASS.put(ExpiredException.class, R.string.error_expired);
    OF_CLASS.put(ClockAheadException.class, R.string.error_clock);
    OF_CLASS.put(ReplayedException.class, R.string.error_replayed);
    OF_CLASS.put(KeyRefusedException.class, R.string.error_key);

    OF_CLASS.put(RecogniseException.class, R.string.error_recognise);
    OF_CLASS.put(PhotoException.class, R.string.error_photo);
    OF_CLASS.put(TensorException.class, R.string.error_tensor);
    OF_CLASS.put(ModelRefusedException.class, R.string.error_model);
    OF_CLASS.put(HeadDamagedException.class, R.string.error_head);

    OF_CLASS.put(CacheException.class, R.string.error_cache);
    OF_CLASS.put(CacheFullException.class, R.string.error_cache_full);
    OF_CLASS.put(CacheDamagedException.class, R.string.error_cache_damaged);
    OF_CLASS.put(NewerCacheException.class, R.string.error_cache_newer);
    OF_CLASS.put(CacheAccessException.class, R.string.error_cache_access);
    OF_CLASS.put(NoInferenceException.class, R.string.error_no_inference);

    OF_CLASS.put(RefusedException.class, R.string.error_refused);
    OF_CLASS.put(StoppedException.class, R.string.error_stopped);
    OF_CLASS.put(TryLaterException.class, R.string.error_later);
    OF_CLASS.put(UnreachableException.class, R.string.error_unreachable);
    OF_CLASS.put(CutOffException.class, R.string.error_cut_off);
  }

  private Sentences() {}

  /** Says what went wrong. */
  static String of(Resources resources, Exception error) {
    if (error instanceof RefusedException) {
      return of(resources, ((RefusedException) error).problem());
    }
    if (error instanceof ContractException && ((ContractException) error).where().startsWith("invitation")) {
      return resources.getString(R.string.error_invitation);
    }
    if (error instanceof ContractException && ((ContractException) error).where().equals("label")) {
      return resources.getString(R.string.error_name);
    }
    return resources.getString(ofClass(error.getClass()));
  }

  /** The sentence of a class, or of the nearest one above it that has one. */
  static int ofClass(Class<?> type) {
    for (@Nullable Class<?> above = type; above != null; above = above.getSuperclass()) {
      Integer sentence = OF_CLASS.get(above);
      if (sentence != null) {
        return sentence;
      }
    }
    return R.string.error_unexpected;
  }

  /** Says why the service refused something. */
  static String of(Resources resources, Problem problem) {
    return resources.getString(ofProblem(problem));
  }

  private static int ofProblem(Problem problem) {
    switch (problem) {
      case UNSUPPORTED_VERSION:
      case NOT_ACCEPTABLE:
        return R.string.problem_version;
      case UNAUTHENTICATED:
        return R.string.problem_unauthenticated;
      case FORBIDDEN:
        return R.string.problem_forbidden;
      case UNKNOWN_SPACE:
        return R.string.problem_space;
      case UNKNOWN_PATH:
        return R.string.problem_address;
      case NOT_FOUND:
        return R.string.problem_not_found;
      case RETIRED_SPACE:
        return R.string.problem_retired;
      case TOO_LARGE:
        return R.string.problem_too_large;
      case WRONG_HASH:
        return R.string.problem_damaged;
      case SELF_TEST_FAILED:
        return R.string.problem_self_test;
      case TOO_MANY_REQUESTS:
        return R.string.problem_busy;
      case INTERNAL:
      case UNAVAILABLE:
        return R.string.problem_unavailable;
      default:
        return R.string.problem_bug; // what only a mistake of this app brings about
    }
  }
}
