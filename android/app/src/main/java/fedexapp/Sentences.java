package fedexapp;

import android.content.res.Resources;
import fedexapp.learner.HalfErasedException;
import fedexapp.learner.NoModelException;
import fedexapp.learner.PastFailure;
import fedexapp.photo.FileTooLargeException;
import fedexapp.photo.TooManyPhotosException;
import fedexapp.photo.UnreadablePhotoException;
import fedexapp.session.NoMemoryException;
import fedexclient.FedexException;
import fedexclient.Trouble;
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
import fedexclient.keeping.KeepingException;
import fedexclient.keeping.KeptBackException;
import fedexclient.keeping.UnknownAnswerException;
import fedexclient.keeping.UntestedException;
import fedexclient.photos.PhotoTooLargeException;
import fedexclient.photos.PhotoUnreadableException;
import fedexclient.pull.HeadCrashedException;
import fedexclient.pull.HeadRefusedException;
import fedexclient.push.PushException;
import fedexclient.recognise.HeadDamagedException;
import fedexclient.recognise.ModelRefusedException;
import fedexclient.recognise.PhotoException;
import fedexclient.recognise.RecogniseException;
import fedexclient.recognise.TensorException;
import fedexclient.service.AnotherServiceException;
import fedexclient.service.CopiedIdentityException;
import fedexclient.service.CutOffException;
import fedexclient.service.DamagedIdentityException;
import fedexclient.service.EnrolmentException;
import fedexclient.service.RedirectedException;
import fedexclient.service.RefusedException;
import fedexclient.service.SettingException;
import fedexclient.service.StoppedException;
import fedexclient.service.TryLaterException;
import fedexclient.service.UnexplainedException;
import fedexclient.service.UnreachableException;
import fedexclient.service.UnsentUploadsException;
import fedexclient.storage.StorageException;
import fedexclient.sync.NoConsentException;
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
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What went wrong, in one sentence for people. What an exception says itself is for whoever mends the app. */
final class Sentences {
  private static final Map<Class<?>, Integer> OF_CLASS = new HashMap<>();
  private static final Map<Trouble, Integer> OF_TROUBLE = new EnumMap<>(Trouble.class);

  static {
    OF_CLASS.put(NoModelException.class, R.string.error_no_model);
    OF_CLASS.put(FileTooLargeException.class, R.string.error_photo_too_large);
    OF_CLASS.put(TooManyPhotosException.class, R.string.error_photos_many);
    OF_CLASS.put(UnreadablePhotoException.class, R.string.error_photo_unreadable);
    OF_CLASS.put(FileNotFoundException.class, R.string.error_photo_gone);
    OF_CLASS.put(IOException.class, R.string.error_storage);
    OF_CLASS.put(NoMemoryException.class, R.string.error_memory);

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

    OF_CLASS.put(NoConsentException.class, R.string.error_no_consent);
    OF_CLASS.put(EnrolmentException.class, R.string.error_not_enrolled);
    OF_CLASS.put(CopiedIdentityException.class, R.string.error_copied);
    OF_CLASS.put(DamagedIdentityException.class, R.string.error_identity);
    OF_CLASS.put(UnsentUploadsException.class, R.string.error_unsent);
    OF_CLASS.put(AnotherServiceException.class, R.string.error_another_service);
    OF_CLASS.put(RedirectedException.class, R.string.error_redirected);
    OF_CLASS.put(SettingException.class, R.string.error_address);
    OF_CLASS.put(StorageException.class, R.string.error_storage_now);
    OF_CLASS.put(KeepingException.class, R.string.error_kept_back);
    OF_CLASS.put(KeptBackException.class, R.string.error_kept_back_test);
    OF_CLASS.put(UntestedException.class, R.string.error_untested);
    OF_CLASS.put(UnknownAnswerException.class, R.string.error_unknown_answer);
    OF_CLASS.put(PushException.class, R.string.error_not_sent);
    OF_CLASS.put(HeadRefusedException.class, R.string.error_head_refused);
    OF_CLASS.put(HeadCrashedException.class, R.string.error_head_crashed);
    OF_CLASS.put(fedexclient.pull.SpaceRetiredException.class, R.string.error_space_retired);
    OF_CLASS.put(fedexclient.push.SpaceRetiredException.class, R.string.error_space_retired);
    OF_CLASS.put(PhotoTooLargeException.class, R.string.error_photo_large);
    OF_CLASS.put(PhotoUnreadableException.class, R.string.error_photo_read);
  }

  static {
    OF_TROUBLE.put(Trouble.TRY_LATER, R.string.error_unreachable_or_later);
    OF_TROUBLE.put(Trouble.STOPPED, R.string.error_stopped);
    OF_TROUBLE.put(Trouble.NO_CONSENT, R.string.error_no_consent);
    OF_TROUBLE.put(Trouble.NOT_ENROLLED, R.string.error_not_enrolled);
    OF_TROUBLE.put(Trouble.UNSENT, R.string.error_unsent);
    OF_TROUBLE.put(Trouble.REFUSED, R.string.error_refused);
    OF_TROUBLE.put(Trouble.NOT_BELIEVED, R.string.error_untrusted);
    OF_TROUBLE.put(Trouble.CLOCK_AHEAD, R.string.error_clock);
    OF_TROUBLE.put(Trouble.ADDRESS, R.string.error_address);
    OF_TROUBLE.put(Trouble.KEPT_BACK, R.string.error_kept_back);
    OF_TROUBLE.put(Trouble.NO_SPACE, R.string.error_cache_full);
    OF_TROUBLE.put(Trouble.STORAGE, R.string.error_storage);
    OF_TROUBLE.put(Trouble.NEWER_VERSION, R.string.error_cache_newer);
    OF_TROUBLE.put(Trouble.PHOTO, R.string.error_photo);
    OF_TROUBLE.put(Trouble.LABEL, R.string.error_name);
    OF_TROUBLE.put(Trouble.GONE, R.string.error_no_inference);
    OF_TROUBLE.put(Trouble.MODEL, R.string.error_model);
  }

  private Sentences() {}

  /** Says what went wrong. */
  static String of(Resources resources, Exception error) {
    if (error instanceof FedexException) {
      return of(resources, ((FedexException) error).getCause());
    }
    if (error instanceof HalfErasedException) {
      return of(resources, ((HalfErasedException) error).missed());
    }
    if (error instanceof PastFailure) {
      return resources.getString(ofTrouble(((PastFailure) error).trouble()));
    }
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

  /** The sentence of what can be done about something. */
  static int ofTrouble(Trouble trouble) {
    Integer sentence = OF_TROUBLE.get(trouble);
    return sentence == null ? R.string.error_unexpected : sentence;
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
